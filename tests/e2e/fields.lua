-- SPDX-License-Identifier: Apache-2.0
-- For wrk: the fields of one line of the file named after those of the other, "Name: value" with tabs between;
-- and after each answer so many milliseconds of rest. At the end, what was counted.

local requests, at, rest = {}, 0, 0
local threads = {}

function setup(thread)
    threads[#threads + 1] = thread
end

function init(arguments)
    for line in io.lines(arguments[1]) do
        local fields = {}
        for name, value in line:gmatch("([^:\t]+): ([^\t]*)") do
            fields[name] = value
        end
        requests[#requests + 1] = wrk.format("GET", nil, fields)
    end
    rest = tonumber(arguments[2])
    if rest > 0 then
        delay = function() return rest end
    end
    counts = {}
end

function request()
    at = at % #requests + 1
    return requests[at]
end

function response(status)
    counts[status] = (counts[status] or 0) + 1
end

function done(summary, latency)
    local total = {}
    for _, thread in ipairs(threads) do
        for status, n in pairs(thread:get("counts")) do
            total[status] = (total[status] or 0) + n
        end
    end
    io.write("\n")
    for status, n in pairs(total) do
        io.write(string.format("status_%d=%d\n", status, n))
    end
    for _, what in ipairs({"connect", "read", "write", "timeout"}) do
        io.write(string.format("%s=%d\n", what, summary.errors[what]))
    end
    io.write(string.format("us=%d\nhalf=%d\nmost=%d\n", summary.duration, latency:percentile(50),
                           latency:percentile(99)))
end
