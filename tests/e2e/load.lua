-- SPDX-License-Identifier: Apache-2.0
-- For wrk: one token after the other from the file named, and at the end what was counted.

local requests, at = {}, 0

function init(arguments)
    for token in io.lines(arguments[1]) do
        requests[#requests + 1] = wrk.format("GET", nil, {["Authorization"] = "Bearer " .. token})
    end
end

function request()
    at = at % #requests + 1
    return requests[at]
end

function done(summary)
    io.write(string.format("\nanswers=%d\nwrong=%d\n", summary.requests, summary.errors.status))
    for _, what in ipairs({"connect", "read", "write", "timeout"}) do
        io.write(string.format("%s=%d\n", what, summary.errors[what]))
    end
end
