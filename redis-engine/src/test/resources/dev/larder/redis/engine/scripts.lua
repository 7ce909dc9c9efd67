error()
---
error("boom",0)
---
error("boom",2)
---
return redis.call("nosuch")
---
return redis.call("get")
---
return redis.call("set","k","v")
---
return redis.call("hset","k","v","x")
---
return redis.pcall("hset","k","v","x")
---
return redis.call("get",{})
---
return redis.call()
---
return redis.call("eval","return 1",0)
---
return redis.call("subscribe","a")
---
string.x=1
---
return 1+nil
---
return 1+{}
---
return {}..1
---
return 1<"x"
---
return {}<{}
---
return #nil
---
local a a()
---
foo.bar()
---
return ("x"):nosuch()
---
return string.rep()
---
return ("x"):rep("y")
---
return tonumber()
---
return (
---
return 1 1
---
for
---
x = = 1
---
return redis.sha1hex()
---
return redis.status_reply("a","b")
---
return redis.error_reply("x")
---
return redis.error_reply("-x y")
---
return redis.error_reply("MY y")
---
return {ok="a b"}
---
return {err="plain"}
---
return redis.setresp(4)
---
return redis.log(1)
---
return redis.log(9,"x")
---
return redis.log(redis.LOG_WARNING,"x")
---
return cjson.decode("{")
---
return cjson.encode({1,2,{a=1}})
---
return type(tostring(redis.call))
---
return print
---
return _VERSION
---
return type(os)
---
return os.clock()>0
---
return os.time()
---
setmetatable(_G,{})
---
return rawset(_G,"x",1)
---
return type(getmetatable("x"))
---
getmetatable("x").__index=1
---
return redis.REDIS_VERSION
---
return server.call("ping")
---
return redis.replicate_commands()
---
return redis.call("ping")
---
return pcall(redis.call,"get")
---
local ok,e=pcall(redis.call,"get") return {type(e), e.err}
---
local ok,e=pcall(redis.call,"get") local r={} for k,v in pairs(e) do r[#r+1]=k..tostring(v) end return r
---
local ok,e=pcall(error,"x") return e
---
local ok,e=pcall(function() error("x") end) return e
---
local ok,e=pcall(function() local x=nil+1 end) return e
---
return {1,2,nil,4}
---
return 3.99
---
return -3.99
---
return 1e30
---
return {double=1.5}
---
return function() end
---
local t = {} t[nil]=1
---
return next({},"x")
---
return string.format("%d","x")
---
return string.format("%y",1)
---
return unpack({},1,1e8)
---
return bit.tobit(1e10)
---
#!lua
return 1
---
#!js
return 1
---
#!lua flags=no-writes
return redis.call("set","a","b")
---
#!lua x=1
return 1
---
return redis.call("multi")
---
return redis.call("incr", KEYS[1], "x", "y")
---
return ARGV[9]
---
return redis.call("GET", 12)
---
return loadstring("return 1+")
---
return load
---
return 0x10
---
return 10/3
---
return tostring(10/3)
---
return tostring(0/0)
---
return {[1]=1,[3]=3}
---
return nil
---
return
---
return false
---
return true
---
return {true,false}
---
local function f() return f() + 1 end return f()
---
local a={} return a.b.c.d
---
local a={} a.b.c=1
---
local a; a.b=1
---
return KEYS.x.y
---
local s="x" return s.y.z
---
return -{}
---
local t={} return t+1
---
local t={x={}} return t.x*2
---
return "a"+1
---
return 2^{}
---
local a = {} a:foo()
---
KEYS[1]()
---
return ("x")()
---
for i=1,"x" do end
---
return select(0)
---
return select("#",1,2)
---
return ipairs()
---
return ipairs(nil)
---
return setmetatable(1,{})
---
return table.concat({1,{},2})
---
return table.concat({},",",1,2)
---
return table.insert({},1,2,3)
---
return table.insert(nil,1)
---
return string.char(256)
---
return string.byte("")
---
return ("x"):find("[")
---
return ("x"):find("%")
---
return ("x"):gsub("x","%9")
---
return string.gsub("x","x",1,{})
---
return math.floor("x")
---
return math.max()
---
return assert(false)
---
return assert(nil,"m")
---
return assert(1,2)
---
local t={} for i=1,10 do t[i]=i end return #t
---
return redis.call("zadd","zz","x","y")
---
return cjson.decode("[1,2,")
---
return cjson.encode(print)
---
return tostring(nil)..1
---
return type(cjson.null)
---
return tostring(1e14)..tostring(123456789012345678)
---
return string.format("%5.2f|%s|%q|%x|%g|%c|%i", 3.14159, "a", "b\n", 255, 1e20, 65, 3)
---
return string.format("%s")
---
return "a".."b"..1 ..2.5
---
return '\065\10\q'
---
while true do return 1 end
---
break
---
local x <const> = 1
---
return ...
---
return redis.call("lpush","k")
---
return x
---
x=1
---
local t={} return t.a.b
---
error("boom")
---
error({err="MY x"})
---
local r={} for w in string.gmatch("one two  three","%a+") do r[#r+1]=w end return r
---
return {string.find("hello world","o w")}
---
return {string.find("hello","l(l)(o)")}
---
return {string.gsub("hello world","o","0")}
---
return {string.gsub("hello","(l)(l)","%2-%1-%0")}
---
return {string.gsub("abc","%w",function(c) return c..c end)}
---
return {string.gsub("$name is $age","%$(%w+)",{name="Bob",age=3})}
---
return {string.match("key=value","(%w+)=(%w+)")}
---
return string.match("2024-01-02","^(%d+)-(%d+)-(%d+)$")
---
return {string.find("a.b",".",1,true)}
---
return string.rep("ab",3)
---
return string.reverse("abc")
---
return {string.byte("abc",1,-1)}
---
return string.sub("hello",-3,-2)
---
return string.format("%05d|%-5d|%+d|%5.1f|%e|%G",42,42,42,3.14159,12345.678,0.00001)
---
return string.format("%10s|%-10s|%.2s","hi","hi","hello")
---
return string.format("%q","a\0b\r\n\"")
---
return {tonumber("0x1F"),tonumber("  12  "),tonumber("1e2"),tonumber("abc") or "nil",tonumber("10",2),tonumber("zz",36),tonumber("") or "nil"}
---
return 7 % 3
---
return -7 % 3
---
return 5.5 % 2
---
return -5.5 % 2
---
return 2^10
---
return tostring(7/2)
---
return "10"+5
---
return "3"*"4"
---
return 10 .. 20
---
return #"abc"
---
return not nil
---
return 1 == 1.0
---
return "1" == 1
---
return {1<2, "a"<"b", "Z"<"a"}
---
return tostring(math.huge)..tostring(-math.huge)
---
return {math.floor(3.7),math.ceil(3.2),math.abs(-4),math.max(1,5,3),math.min(2,0)}
---
return tostring(math.sqrt(2))
---
return tostring(math.pi)
---
return {math.modf(3.7)}
---
return math.fmod(7,3)
---
local t={5,2,8,1} table.sort(t) return t
---
local t={5,2,8,1} table.sort(t,function(a,b) return a>b end) return t
---
local t={1,2,3} table.insert(t,2,9) return t
---
local t={1,2,3} return {table.remove(t),table.remove(t,1),#t}
---
return table.concat({1,2,3},"-")
---
return table.concat({1,"a",2.5},", ",2,3)
---
return {select(2,"a","b","c")}
---
return {select(-1,"a","b","c")}
---
return {unpack({1,2,3})}
---
return {unpack({1,2,3},2)}
---
local ok,e=pcall(error,{code=5}) return e.code
---
local ok,e=pcall(error,"msg",0) return e
---
return {pcall(function() return 1,2,3 end)}
---
return {xpcall(function() error("x") end, function(m) return "handled: "..m end)}
---
local t=setmetatable({},{__index=function(t,k) return k.."!" end}) return t.foo
---
local t=setmetatable({},{__add=function(a,b) return 42 end}) return t+1
---
local t=setmetatable({},{__call=function(self,x) return x*2 end}) return t(21)
---
local t=setmetatable({},{__tostring=function() return "T" end}) return tostring(t)
---
local t=setmetatable({},{__eq=function() return true end}) return t==setmetatable({},getmetatable(t))
---
local t=setmetatable({},{__newindex=function(t,k,v) rawset(t,k,v*2) end}) t.a=4 return t.a
---
local s=0 for i=1,10 do s=s+i end return s
---
local s=0 for i=10,1,-2 do s=s+i end return s
---
local s=0 for i=1,2,0.25 do s=s+1 end return s
---
local i=0 while i<5 do i=i+1 if i==3 then break end end return i
---
local i=0 repeat i=i+1 until i>=4 return i
---
local function fib(n) if n<2 then return n end return fib(n-1)+fib(n-2) end return fib(15)
---
local function f(...) local a,b=... return {select("#",...),a,b} end return f(1,nil,3)
---
local t={} for k,v in pairs({a=1}) do t[#t+1]=k..v end return t
---
local t={} for i,v in ipairs({"x","y",nil,"z"}) do t[#t+1]=i..v end return t
---
local a,b,c=1,2 return {a,b,tostring(c)}
---
local a,b=1,2 a,b=b,a return {a,b}
---
do local x=5 end return tostring(pcall(function() return x end))
---
local t={[1]="a","b"} return t[1]
---
local t={n=1,["x y"]=2,[10]=3} return {t.n,t["x y"],t[10]}
---
local s=[[long
string]] return s
---
return "tab\tnew\nquote\"\065"
---
return loadstring("return 1+1")()
---
return tostring(loadstring("x x"))
---
local f,e=loadstring("return (") return e
---
return redis.call("get",KEYS[1])
---
return redis.call("incrby",KEYS[1],ARGV[1])
---
return redis.call("lrange",KEYS[2] or KEYS[1],0,-1)
---
return redis.call("hgetall","hash")
---
return redis.call("hget","hash","nope")
---
return type(redis.call("hget","hash","nope"))
---
return redis.call("hmget","hash","f","nope","g")
---
local r=redis.call("hmget","hash","f","nope") return {tostring(r[1]),tostring(r[2])}
---
return redis.call("zrange","zset",0,-1,"withscores")
---
return redis.call("zscore","zset","b")
---
return redis.call("set","string","v","nx")
---
return redis.call("type","list")
---
return redis.call("type","list")["ok"]
---
return redis.call("lpush","string","x")
---
local r=redis.pcall("lpush","string","x") return r.err
---
local ok,e=pcall(redis.call,"lpush","string","x") return {tostring(ok),e}
---
return redis.call("set","a",1.5) and redis.call("get","a")
---
return redis.call("set","a",1e20) and redis.call("get","a")
---
return redis.call("set","a",0.1) and redis.call("get","a")
---
redis.call("set","a",3) return redis.call("get","a")
---
return redis.call("mget","string","nope","list")
---
return redis.call("exists","string","nope")
---
return redis.call("del","string","list")
---
return redis.call("scan",0,"count",1000)[1]
---
return redis.call("expire","string",100)
---
return redis.call("ttl","string")
---
return redis.call("flushall")
---
return redis.call("time") and 1
---
return redis.call("incr","list")
---
return redis.call("SET","x","y","EX","bad")
---
return redis.call(unpack({"get",KEYS[1]}))
---
return {KEYS[1],ARGV[1],#KEYS,#ARGV}
---
return ARGV[1]+1
---
return ARGV[1]..ARGV[2]
---
return tostring(ARGV[3]*2)
---
return redis.sha1hex("")
---
return redis.sha1hex("hello")
---
return redis.status_reply("FINE")
---
return redis.error_reply("ERR my message")
---
return {redis.error_reply("inner"),1}
---
return {err="ERR x\ny"}
---
return {ok="OK"}
---
return {{1,{2,{3}}},"x"}
---
return {1,"two",3.5,true,false,{4}}
---
return 2^53
---
return 9007199254740993
---
return -1
---
return 1e15
---
return 0.5
---
return tostring(3)
---
return ""
---
return "with\0nul"
---
return cjson.encode({1,2,3})
---
return cjson.encode({a=1})
---
return cjson.encode({})
---
return cjson.encode("a\"b/\n\t\\")
---
return cjson.encode({1,{2,"x"},cjson.null,true})
---
return cjson.encode(1/3)
---
return cjson.encode(1e20)
---
return cjson.encode({[1]=1,[3]=3})
---
return cjson.encode({[1]=1,[100]=3})
---
return cjson.encode({[1.5]=1})
---
return cjson.encode({[true]=1})
---
return cjson.encode(1/0)
---
return cjson.encode(function() end)
---
return cjson.decode("[1,2,3]")
---
return cjson.decode("{\"a\":[1,{\"b\":2}]}").a[2].b
---
return tostring(cjson.decode("null"))=="userdata: NULL"
---
return cjson.decode("[null]")[1]==cjson.null
---
return cjson.decode("\"\\u00e9\\ud83d\\ude00\"")
---
return cjson.decode("[1.5,-2e3,true,false]")
---
return cjson.decode("{\"a\" 1}")
---
return cjson.decode("")
---
return cjson.decode("[1,]")
---
return cjson.decode("{\"a\":1,}")
---
return cjson.decode("nul")
---
return cjson.decode("[1] x")
---
return cjson.decode("\"abc")
---
return cjson.decode("tru")
---
return cjson.decode("{a:1}")
---
return cjson.decode(nil)
---
return cjson.encode()
---
return cjson.encode({a={b={c={}}}})
---
return bit.band(12,10)
---
return bit.bor(12,10)
---
return bit.bxor(12,10)
---
return bit.bnot(0)
---
return bit.lshift(1,31)
---
return bit.rshift(-1,28)
---
return bit.arshift(-16,2)
---
return bit.rol(0x12345678,8)
---
return bit.tohex(255)
---
return bit.tohex(255,-4)
---
return bit.bswap(0x12345678)
---
return bit.tobit(4294967295)
---
return bit.band("x")
---
return redis.log(redis.LOG_NOTICE,"x") == nil
---
return redis.setresp(3)
---
return type(redis.setresp)
---
return tostring(redis.LOG_WARNING)
---
local t={} t.x.y=1
---
local t={} t.x()
---
local t={} t.x.y()
---
local t={} t:x()
---
local function f(a) return a.b end f()
---
local up local function g() return up.x end return g()
---
local up local function g() up() end return g()
---
return ("x")+1
---
local s="abc" return s.len
---
return ("abc"):upper()
---
return ("x"):bad()
---
return #5
---
local a="x" return a < 1
---
local t = {} return t < t
---
local t={} return t .. "x"
---
local n return "a" .. n
---
local n return n .. "a"
---
local t={x=1} return t.x.y.z
---
return (nil)()
---
return nil .. "x"
---
local x = {} ; x.y = x.z.w
---
for i="a",2 do end
---
for i=1,2,"x" do end
---
for k in 5 do end
---
for k in nil do end
---
return next({})
---
return next({5})
---
return type(next)
---
return rawget({a=1},"a")
---
return rawequal("a","a")
---
return rawset({}, "a", 1).a
---
return getmetatable({})
---
return tostring(getmetatable("").__index ~= nil)
---
if true then return 1 else return 2 end
---
return 1 and 2
---
return nil or "x"
---
return false and 1
---
return 1 or error("x")
---
local a <close> = 1
---
return 1 +
---
local = 5
---
if x then
---
while true
---
function f() end
---
local function f() return 1 end return f()
---
return function
---
return {
---
return "abc
---
return [[abc
---
return 5 5
---
x.y = 1
---
return @
---
return 1 ~ 2
---
return 1 ~= 2
---
return 08
---
return .5
---
return 3.
---
end
---
return)
---
return }
---
a b
---
local function
---
return {1,2
---
f(
---
--[[ comment ]] return 1
---
-- line
return 2
---
return 1;
---
return -2^2
---
return 2^3^2
---
return not 1 == 2
---
return 1 .. 2 == "12"
---
return "a" < "b" and "yes" or "no"
---
return 1
---
error("with level",2)
---
local function f() error("lvl2",2) end

f()
---
local function f()
 error("in f")
end
f()
---
return tostring(nil)
---
return tostring(true)
---
return type(nil)
---
return type()
---
return tostring()
---
return string.len()
---
return string.sub()
---
return string.byte()
---
return string.format()
---
return string.upper(5)
---
return table.concat({{}})
---
return table.getn({1,2})
---
return table.maxn({1,2,[10]=3})
---
return math.floor()
---
return math.floor("3.7")
---
return math.floor({})
---
return select("x")
---
return select()
---
return unpack()
---
return ipairs({})
---
return setmetatable({})
---
return setmetatable({},1)
---
return string.rep("x",-1)
---
return string.rep("x",0)
---
return ("x"):rep(3)
---
return string.char()
---
return string.char(72,105)
---
return string.char(-1)
---
return string.find("abc","b",-1)
---
return {string.find("abc","b",-2)}
---
return {string.find("","")}
---
return {string.find("abc","",10)}
---
return {string.find("a\0b","\0")}
---
return string.gsub("abc","b","%")
---
return {string.gsub("abc","","-")}
---
return {string.gsub("hello","l","L",1)}
---
return string.gsub("abc","(b","x")
---
return string.gsub("abc","b)","x")
---
return string.gsub("abc","[b","x")
---
return string.find("abc","%f[%w]%w+")
---
return {string.find("THE (quick) fox","%((%a+)%)")}
---
return string.match("  trim  ","^%s*(.-)%s*$")
---
return string.match("f(a(b)c)d","%b()")
---
return {string.match("abc","()b()")}
---
return string.gsub("abc","b",5)
---
return string.gsub("abc","b",true)
---
return string.gsub("abc",".",{a=1,b=true})
---
return string.gsub("abc",".",{b=false})
---
return {string.gsub("abc","^a","x")}
---
return string.match("aaa","a-b")
---
return string.match("aab","a-b")
---
return string.match("[x]","[]]")
---
return string.match("a-z","[a%-z]+")
---
return string.match("x^y","[%^x]+")
---
return string.match("abc","[^a]+")
---
---
redis.call('XADD', 's', '1-1', 'a', 'b') redis.call('XADD', 's', '2-1', 'c', 'd') redis.call('XGROUP', 'CREATE', 's', 'g', '0') return {redis.call('XREADGROUP', 'GROUP', 'g', 'c', 'STREAMS', 's', '>'), redis.call('XPENDING', 's', 'g'), redis.call('XACK', 's', 'g', '1-1'), redis.call('XREAD', 'STREAMS', 's', '1-1'), redis.call('XAUTOCLAIM', 's', 'g', 'd', 0, 0)}
---
return redis.call('XREAD', 'BLOCK', '0', 'STREAMS', 's', '0')
---
return struct.pack('>I2hbBc3sld', 513, -2, -1, 255, 'abcd', 'xyz', -5, 1.5)
---
return struct.pack('<i3I8fT', -7, 2^53, 0.5, 9)
---
return {struct.unpack('>I2hbBc3sl', struct.pack('>I2hbBc3sl', 513, -2, -1, 255, 'abcd', 'xyz', -5))}
---
return {struct.unpack('<Bc0s', '\3abcxy\0z')}
---
return {struct.unpack('!4bi', struct.pack('!4bi', 1, 2)), struct.size('!8bid'), struct.size('bxh')}
---
return struct.pack('z', 1)
---
return struct.pack('c5', 'abc')
---
return struct.unpack('i4', 'abc')
---
return struct.unpack('s', 'abc')
---
return {struct.unpack('i2', 'xxab', 3)}
---
return tostring(select('#', struct.unpack('i1i1', 'ab')))
---
return struct.size('s')
---
return cmsgpack.pack(1, -1, 127, 128, 255, 256, 65535, 65536, 4294967295, 4294967296, -32, -33, -128, -129, -32768, -32769, -2147483648, -2147483649)
---
return cmsgpack.pack(1.5, 0.1, 'a', string.rep('x', 40), string.rep('x', 300), true, false, nil, {}, {1,2,3}, {a=1})
---
return {cmsgpack.unpack(cmsgpack.pack(1, -1, 'x', {1, {2, 'y'}}, 4294967296, -70000, 300))}
---
local t = cmsgpack.unpack(cmsgpack.pack({a={b={1,2}}, c=true})) return {t.a.b[2], tostring(t.c)}
---
local o, v = cmsgpack.unpack_one(cmsgpack.pack(1, 2, 3)) local p, w = cmsgpack.unpack_one(cmsgpack.pack(1, 2, 3), o) return {o, v, p, w}
---
return {cmsgpack.unpack_limit(cmsgpack.pack(1, 2, 3), 2)}
---
return cmsgpack.unpack('\221')
---
return cmsgpack.unpack('\217\10ab')
---
local t = {} for i = 1, 20 do t = {t} end return cmsgpack.pack(t)
---
local ok, e = pcall(cmsgpack.unpack, '\193') return e
---
return tostring(cmsgpack.unpack(cmsgpack.pack(0/0))) .. tostring(cmsgpack.unpack(cmsgpack.pack(1/0)))
---
return struct.size('c0')
---
return struct.pack('i33', 1)
---
return struct.unpack('c0', 'abc')
---
return struct.pack('!3i', 1)
---
return struct.unpack('i1', 'abc', 0)
---
return cmsgpack.unpack_one('abc', 9)
---
return string.format("%c",0)..string.format("%-5c|",0)..string.format("%3c",0)..string.format("a%ca",0)..string.format("%c",256+65)
---
redis.call("geoadd","edge","-87.16853851300102","85.05112878","c","13.494650472141274","-80.48969007360093","south","13.33","19.17","f") return redis.call("geosearch","edge","frommember","c","byradius",20000,"km","asc")
---
return tostring(96.5^0.5)..' '..2^10 ..' '..2^-1 ..' '..(1/3)^(1/3)..' '..tostring((-8)^(1/3))..' '..2^1024
---
redis.call("rpush","l","a","b","a") return redis.call("lpos","l","a","rank","-9223372036854775808")
---
return redis.call("xadd","s"," 7- +2","a","b")..redis.call("xadd","s","+8- -5","a","b")..#redis.call("xrange","s"," 1","-")
---
return redis.call("xadd","s"," -7-2","a","b")
---
return redis.call("xadd","s","7-2 ","a","b")
---
return tostring(math.min(9, 0/0))..tostring(math.max(9, 0/0))..tostring(math.min(3, 1, 2))..tostring(math.max(3, 1, 4))
---
local t = {"\253", " ", "z", "\195\188", "a\0b", "a", "a\0", "A"} table.sort(t) return t
---
return select(1.5^100, "a")
---
return select(2^32+2, "a", "b")
---
return string.rep("ab", 2^32+2)
---
return {unpack({1, 2, 3}, 2^32+2)}
