-- SPDX-License-Identifier: Apache-2.0
-- wrk's script: with LINES (a file) each request carries the next of its lines, behind BEGIN, as the field NAME.

local requests = {}
local at = 0

function init()
    local path = os.getenv("LINES")
    if path == nil then
        requests[1] = wrk.format("GET")
        return
    end
    for line in io.lines(path) do
        wrk.headers[os.getenv("NAME")] = os.getenv("BEGIN") .. line
        requests[#requests + 1] = wrk.format("GET")
    end
end

function request()
    at = at % #requests + 1
    return requests[at]
end

function done(summary)
    local errors = summary.errors
    io.write(string.format("RESULT %d %d %d\n", summary.requests, errors.status,
        errors.connect + errors.read + errors.write + errors.timeout))
end
