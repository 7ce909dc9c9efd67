import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { ask, over, readToken, startedServer, token } from './server.mjs';

let server;
let url;
before(async () => {
  server = await startedServer();
  url = `${server.url}/redis/contract`;
});
after(() => server.stopAll());

const base64 = { 'upstash-encoding': 'base64' };
const resp2 = { 'upstash-response-format': 'resp2' };

/** What is asked, and what is answered: `[what, path, options, status, body]`. */
const exchanges = [
  ['a command', '', { body: ['SET', 'k', 'v'] }, 200, { result: 'OK' }],
  ['with a slash at the end', '/', { body: ['GET', 'k'] }, 200, { result: 'v' }],
  ['with PUT', '', { method: 'PUT', body: ['GET', 'k'] }, 200, { result: 'v' }],
  ['in base64', '', { body: ['GET', 'k'], headers: base64 }, 200, { result: 'dg==' }],
  ['a number as it is written', '', { body: '["SET","n",1.50e2]' }, 200, { result: 'OK' }],
  ['which is kept so', '/get/n', { method: 'GET' }, 200, { result: '1.50e2' }],
  ['a body as the value', '/set/raw?EX=100', { body: 'a b%20' }, 200, { result: 'OK' }],
  ['which is taken as it is', '/get/raw/', { method: 'GET' }, 200, { result: 'a b%20' }],
  ['a name without a value', '/set/raw/x?NX', { method: 'GET' }, 200, { result: null }],
  ['percent signs', '/echo/a%20%2F%C3%BC', { method: 'GET' }, 200, { result: 'a /ü' }],
  [
    'a line that is too long',
    `/get/${'k'.repeat(33_000)}`,
    { method: 'GET' },
    414,
    /^ERR the line/,
  ],
  ['a percent sign alone', '/echo/a%2', { method: 'GET' }, 400, /percent/],
  ['a command in a path', '/incr/count', { method: 'GET' }, 200, { result: 1 }],
  [
    'an error',
    '',
    { body: ['INCR', 'k'] },
    400,
    { error: 'ERR value is not an integer or out of range' },
  ],
  ['null', '', { body: ['SET', 'k', null] }, 400, /null args/],
  ['an object', '', { body: ['SET', 'k', {}] }, 400, /ERR/],
  ['an array in it', '', { body: ['SET', 'k', []] }, 400, /ERR/],
  ['no command', '', { body: [] }, 400, /empty command/],
  ['deep nesting', '', { body: '['.repeat(100_000) }, 400, /ERR/],
  ['half of it', '', { body: '["SET"' }, 400, /ERR/],
  ['no JSON', '', { body: 'SET k v' }, 400, /ERR/],
  ['too much', '', { body: `["SET","k","${'x'.repeat(10 << 20)}"]` }, 413, /max request size/],
  ['5 MB', '', { body: ['SET', 'big', 'x'.repeat(5e6)] }, 200, { result: 'OK' }],
  ['many commands', '/pipeline', { body: Array(5001).fill(['PING']) }, 413, /Limit: 5000/],
  ['another method', '', { method: 'DELETE' }, 405, /ERR/],
  ['GET of a pipeline', '/pipeline', { method: 'GET' }, 405, /ERR/],
  ['no token', '', { as: '', body: ['PING'] }, 401, /WRONGPASS/],
  ['a wrong token', '', { as: 'x', body: ['PING'] }, 401, /WRONGPASS/],
  [
    'a token in the query',
    `/get/k?_token=${token}`,
    { as: '', method: 'GET' },
    200,
    { result: 'v' },
  ],
  ['to read with', `/get/k?_token=${readToken}`, { as: '', method: 'GET' }, 200, { result: 'v' }],
  [
    'another format',
    '',
    { body: ['PING'], headers: { 'upstash-response-format': 'x' } },
    400,
    /ERR/,
  ],
  ['two formats', '', { body: ['PING'], headers: { ...base64, ...resp2 } }, 400, /ERR/],
  [
    'a pipeline',
    '/pipeline',
    {
      body: [
        ['SET', 'p', 1],
        ['LPUSH', 'p', 1],
        ['GET', 'p'],
      ],
    },
    200,
    [
      { result: 'OK' },
      { error: 'WRONGTYPE Operation against a key holding the wrong kind of value' },
      { result: '1' },
    ],
  ],
  [
    'a transaction that cannot be queued',
    '/multi-exec',
    { body: [['SET', 'p', 2], ['NOSUCH']] },
    400,
    { error: 'EXECABORT Transaction discarded because of previous errors.' },
  ],
  ['which did nothing', '', { body: ['GET', 'p'] }, 200, { result: '1' }],
  [
    'a transaction is JSON',
    '/multi-exec',
    {
      body: [
        ['INCR', 'p'],
        ['HGET', 'p', 'f'],
      ],
      headers: resp2,
    },
    200,
    [{ result: 2 }, { error: 'WRONGTYPE Operation against a key holding the wrong kind of value' }],
  ],
  [
    'a large integer',
    '',
    { body: ['INCRBY', 'l', '9007199254740993'] },
    200,
    { result: '9007199254740993' },
  ],
  [
    'in base64 too',
    '',
    { body: ['INCR', 'l'], headers: base64 },
    200,
    { result: 'OTAwNzE5OTI1NDc0MDk5NA==' },
  ],
  ['COPY to itself', '', { body: ['COPY', 'k', 'k'] }, 200, { result: 0 }],
  ['UNLINK of nothing', '', { body: ['UNLINK'] }, 200, { result: 0 }],
  ['CLIENT SETINFO', '', { body: ['CLIENT', 'SETINFO', 'LIB-NAME', 'x'] }, 200, { result: 'OK' }],
];
for (const [what, path, options, status, body] of exchanges) {
  test(`is answered: ${what}`, async () => {
    const answer = await ask(`${url}${path}`, options);
    assert.equal(answer.status, status, answer.bytes.toString().slice(0, 200));
    if (body instanceof RegExp) assert.match(answer.body.error, body);
    else assert.deepEqual(answer.body, body);
  });
}

test('every answer has another sync token, and any is taken', async () => {
  const seen = new Set();
  for (const given of ['', 'anything', 'bhod1dm0san=MjE3MjA=']) {
    const { headers } = await ask(url, {
      body: ['PING'],
      headers: { 'upstash-sync-token': given },
    });
    seen.add(headers.get('upstash-sync-token'));
  }
  assert.equal(seen.size, 3);
});

test('HEAD runs the command and answers its head', async () => {
  const { status, bytes } = await ask(`${url}/incr/headed`, { method: 'HEAD' });
  assert.deepEqual([status, bytes.length], [200, 0]);
  assert.deepEqual((await ask(url, { body: ['GET', 'headed'] })).body, { result: '1' });
});

test('bytes that are no text are kept', async () => {
  const value = Uint8Array.from({ length: 256 }, (_, i) => i);
  await ask(`${url}/set/bytes`, { body: value });
  const encoded = await ask(url, { body: ['GET', 'bytes'], headers: base64 });
  assert.deepEqual(Buffer.from(encoded.body.result, 'base64'), Buffer.from(value));
  const raw = await ask(url, { body: ['GET', 'bytes'], headers: resp2 });
  assert.deepEqual(raw.bytes, Buffer.concat([Buffer.from('$256\r\n'), value, Buffer.from('\r\n')]));
});

const refused = [
  ['BLPOP', 'k', 0],
  ['SELECT', 1],
  ['AUTH', 'x'],
  ['HELLO', 3],
  ['WATCH', 'k'],
  ['MONITOR'],
  ['CLIENT', 'KILL', 'x'],
  ['SHUTDOWN'],
  ['DEBUG', 'SLEEP', 100],
  ['CONFIG', 'GET', '*'],
  ['REPLICAOF', 'NO', 'ONE'],
  ['MIGRATE', 'h', 1, 'k', 0, 1],
  ['MODULE', 'LIST'],
  ['SWAPDB', 0, 1],
  ['ACL', 'LIST'],
  ['XREAD', 'BLOCK', 0, 'STREAMS', 'k', '$'],
  ['SUBSCRIBE', 'x'],
];
for (const command of refused) {
  test(`${command.join(' ')} is refused in every form`, async () => {
    const varied = command.map((part, i) =>
      i === 0 ? part[0] + part.slice(1).toLowerCase() : part,
    );
    const alone = await ask(url, { body: varied });
    assert.equal(alone.status, 400);
    assert.match(alone.body.error, /^ERR /);
    const batch = await ask(`${url}/pipeline`, { body: [['PING'], command] });
    assert.equal(batch.body[0].result, 'PONG');
    assert.match(batch.body[1].error, /^ERR /);
    const whole = await ask(`${url}/multi-exec`, { body: [['PING'], command] });
    assert.match(whole.body.error, /^EXECABORT /);
    const called = command.map((part) => `'${part}'`).join(',');
    const script = await ask(url, { body: ['EVAL', `return redis.call(${called})`, 0] });
    assert.match(script.body.error, /^ERR /);
    // These are answered with events in a path.
    if (!/SUBSCRIBE|MONITOR/.test(command[0])) {
      const path = await ask(`${url}/${command.map(encodeURIComponent).join('/')}`, {
        method: 'GET',
      });
      assert.match(path.body.error, /^ERR /);
    }
  });
}

test('a token to read with writes in no disguise', async () => {
  const disguises = [
    ['set', 'k', 'x'],
    ['SORT', 'list', 'STORE', 'k'],
    ['bitfield', 'k', 'SET', 'u8', 0, 1],
    ['GETEX', 'k', 'EX', 1],
    ['EVAL_RO', "return redis.call('set','k','x')", 0],
    ['Evalsha', 'f'.repeat(40), 0],
    ['SCAN', 0],
    ['KEYS', '*'],
    ['PUBLISH', 'c', 'm'],
    ['SCRIPT', 'FLUSH'],
    ['FLUSHALL'],
  ];
  const { body } = await ask(`${url}/pipeline`, { as: readToken, body: disguises });
  for (const { error } of body) assert.match(error, /^NOPERM /);
  assert.deepEqual((await ask(url, { body: ['GET', 'k'] })).body, { result: 'v' });
});

test('replies that are too large together are errors, and the others are there', async () => {
  const { status, body } = await ask(`${url}/pipeline`, {
    body: [...Array(10).fill(['GET', 'big']), ['GET', 'k']],
  });
  assert.equal(status, 200);
  assert.equal(body[0].result.length, 5e6);
  assert.match(body[9].error, /max response size/);
  assert.equal(body[10].result, 'v');
});

test('eight replies of 2 MB at once are whole', async () => {
  const value = 'v'.repeat(2e6);
  await ask(url, { body: ['SET', 'two', value] });
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => ask(url, { body: ['GET', 'two'], headers: base64 })),
  );
  for (const { body } of answers) {
    assert.ok(Buffer.from(body.result, 'base64').equals(Buffer.from(value)));
  }
});

describe('what takes its time', { concurrency: over.store === 'embedded' }, () => {
  test('events are one line each, from the moment the head is there', async () => {
    const leave = new AbortController();
    const stream = await fetch(`${url}/subscribe/a/b?_token=${token}`, { signal: leave.signal });
    assert.equal(stream.headers.get('content-type'), 'text/event-stream');
    const reader = stream.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    const until = async (end) => {
      while (!text.includes(end)) text += (await reader.read()).value;
    };
    await until('subscribe,b,2\n\n');
    await ask(url, { body: ['PUBLISH', 'a', '{"x":\r\n1}'] });
    await ask(url, { body: ['PUBLISH', 'b', 'x\ny'] });
    await ask(url, { body: ['PUBLISH', 'a/b', 'joined'] });
    await until('joined\n\n');
    assert.equal(
      text,
      'data: subscribe,a,1\n\ndata: subscribe,b,2\n\ndata: message,a,{"x":  1}\n\n' +
        'data: message,b,"x\\ny"\n\ndata: message,a/b,joined\n\n',
    );
    text = '';
    await until('\n\n');
    assert.match(text, /^: /, 'a stream that is silent has comments');
    leave.abort();
  });

  test('an endless script ends, and others are answered in bounded time', async () => {
    const endless = ask(url, { body: ['EVAL', 'while true do end', 0] });
    if (over.store === 'embedded') {
      const other = await ask(`${server.url}/redis/beside`, { body: ['PING'] });
      assert.deepEqual(other.body, { result: 'PONG' });
      assert.match((await endless).body.error, /^ERR Script killed/);
      assert.deepEqual((await ask(url, { body: ['PING'] })).body, { result: 'PONG' });
      return;
    }
    // A Redis runs one script at a time, and lets none be ended before it has run for five seconds.
    assert.equal((await endless).status, 503);
    const deadline = Date.now() + 30_000;
    while ((await ask(url, { body: ['PING'] })).body.result !== 'PONG') {
      assert.ok(Date.now() < deadline, 'the script was not ended');
    }
  });

  test('who monitors sees the commands of the namespace', async () => {
    const leave = new AbortController();
    const stream = await fetch(`${url}/monitor?_token=${token}`, { signal: leave.signal });
    assert.equal(stream.headers.get('content-type'), 'text/event-stream');
    const reader = stream.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    const until = async (end) => {
      while (!text.includes(end)) text += (await reader.read()).value;
    };
    await until('data: "OK"\n\n');
    await ask(`${server.url}/redis/unwatched`, { body: ['SET', 'unseen', 1] });
    await ask(url, { body: ['SET', 'seen', 'a"\n\u00fc'] });
    await until('\\xbc"\n\n');
    assert.match(
      text,
      /\ndata: \d+\.\d{6} \[0 127\.0\.0\.1:\d+\] "SET" "seen" "a\\"\\n\\xc3\\xbc"\n/,
    );
    assert.doesNotMatch(text, /unseen/);
    leave.abort();
    const refused = await ask(`${url}/monitor`, { as: readToken, method: 'GET' });
    assert.match(refused.body.error, /^NOPERM /);
  });

  test('a stream whose client does not read ends with a reason, and takes bounded memory', async () => {
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    socket.write(
      `GET /redis/contract/subscribe/flood?_token=${token} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`,
    );
    await once(socket, 'data');
    socket.pause();
    // Until the server has given up on it: what is published reaches nobody.
    const message = 'x'.repeat(500_000);
    const deadline = Date.now() + 60_000;
    const heard = async () => {
      const { status, body } = await ask(url, { body: ['PUBLISH', 'flood', message] });
      assert.equal(status, 200, body.error);
      return body.result > 0;
    };
    while (await heard()) {
      assert.ok(Date.now() < deadline, 'a client that does not read is still listened for');
    }
    let tail = '';
    socket.on('data', (chunk) => (tail = (tail + chunk).slice(-300)));
    socket.on('error', () => {});
    socket.resume();
    await new Promise((resolve) => socket.on('close', resolve));
    assert.match(tail, /: the stream ends: its client did not read/);
  });
});

test('streams end with a reason when the server stops', async () => {
  const stopping = await startedServer();
  const stream = await fetch(`${stopping.url}/redis/contract/subscribe/a?_token=${token}`);
  const text = stream.text();
  await stopping.stopAll();
  assert.match(await text, /: the stream ends: the server is stopping\n\n$/);
});
