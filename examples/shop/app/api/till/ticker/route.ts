import { answer } from '@/shop/api';
import { tillRoute } from '@/shop/session';

/** What is sold, on any instance, as it happens: server-sent events. */
export function GET(request: Request): Promise<Response> {
  return tillRoute(request, async (redis) => {
    const sold = redis.subscribe('sold');
    const encoder = new TextEncoder();
    const subscribed = new Promise<void>((resolve, reject) => {
      sold.on('subscribe', () => resolve());
      sold.on('error', reject);
    });
    const events = new ReadableStream({
      start(controller) {
        const send = (text: string) => controller.enqueue(encoder.encode(text));
        sold.on('message', ({ message }) => send(`data: ${JSON.stringify(message)}\n\n`));
        send(': the ticker runs\n\n');
      },
      cancel: () => sold.unsubscribe(),
    });
    request.signal.addEventListener('abort', () => void sold.unsubscribe());
    try {
      await subscribed;
    } catch {
      return answer(503, { error: 'nobody can be told what is sold' });
    }
    return new Response(events, {
      headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' },
    });
  });
}
