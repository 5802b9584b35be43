-- The load: wrk … -s load.lua URL -- TOKEN REQUESTS PREFIX
--
-- REQUESTS has one request a line: "GET <target>", or "POST <target> <body>"; each time a random one
-- is sent. A POST gets a key of its own, which begins with PREFIX. At the end one line of JSON tells
-- what came of it: latencies in microseconds, `refused` counts answers of 400 and above.

local KEY = "@key@"

local function describe(line)
    local method, target, body = line:match("^(%u+) (%S+) ?(.*)$")
    if method == "GET" then
        return { wrk.format(method, target) }
    end
    wrk.headers["Content-Type"] = "application/json"
    wrk.headers["Idempotency-Key"] = KEY
    local text = wrk.format(method, target, nil, body)
    local from, to = text:find(KEY, 1, true)
    return { text:sub(1, from - 1), text:sub(to + 1) }
end

function init(args)
    wrk.headers["Authorization"] = "Bearer " .. args[1]
    requests = {}
    for line in io.lines(args[2]) do
        requests[#requests + 1] = describe(line)
    end
    prefix = args[3]
    sent = 0
    math.randomseed(os.time())
end

function request()
    local parts = requests[math.random(#requests)]
    if parts[2] == nil then
        return parts[1]
    end
    sent = sent + 1
    return parts[1] .. prefix .. sent .. parts[2]
end

function done(summary, latency)
    local errors = summary.errors
    io.write(string.format(
        '{"requests":%d,"seconds":%.6f,"p50":%d,"p99":%d,"broken":%d,"refused":%d}\n',
        summary.requests, summary.duration / 1e6, latency:percentile(50), latency:percentile(99),
        errors.connect + errors.read + errors.write + errors.timeout, errors.status))
end
