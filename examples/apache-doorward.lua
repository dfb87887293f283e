-- SPDX-License-Identifier: Apache-2.0
--
-- Apache (mod_lua, with lua-socket) asks Doorward about each request:
--
--     doorward_address = "127.0.0.1:8401" -- or "unix:/var/lib/doorward/run/daemon.sock"
--     doorward_secret = "replace-this-secret"
--     dofile "/etc/apache2/apache-doorward.lua"
--
-- and in Apache's configuration: LuaHookAccessChecker THAT-FILE doorward. Whoever is not let in is answered
-- with what Doorward says. mod_lua lets a request pass whenever a hook returns no number: this one
-- always does.

local socket = require "socket"
local unix = require "socket.unix"

local SECONDS = 6
local BODY_MAX = 65536

-- Fields of the question that are ours to write, and those that are between two servers only.
local DROPPED = {
    connection = true, ["keep-alive"] = true, ["proxy-connection"] = true, te = true, trailer = true,
    ["transfer-encoding"] = true, ["content-length"] = true, expect = true, range = true, host = true,
    ["x-real-ip"] = true, ["client-cert"] = true,
}
local OURS = { "^doorward", "^x[-_]original", "^x[-_]forwarded" }
local IDENTITY = { "Doorward-Subject", "Doorward-Client", "Doorward-Scope", "Doorward-Issuer" }

local function is_dropped(name)
    for _, pattern in ipairs(OURS) do
        if name:find(pattern) then
            return true
        end
    end
    return DROPPED[name] ~= nil
end

-- -- The question -------------------------------------------------------------------------------------

-- RFC 9440 s2.2: the certificate that mod_ssl has verified, as base64 between colons.
local function certificate_of(r)
    if not r.is_https or r:ssl_var_lookup("SSL_CLIENT_VERIFY") ~= "SUCCESS" then
        return nil
    end
    local body = r:ssl_var_lookup("SSL_CLIENT_CERT"):match("BEGIN CERTIFICATE%-+(.-)%-+END")
    return body and "Client-Cert: :" .. body:gsub("%s", "") .. ":"
end

local function describe(r)
    local host = r.headers_in["Host"] or r.hostname or ""
    local lines = {
        "GET /doorward/verify HTTP/1.1",
        "Host: " .. host,
        "Connection: close",
        "Doorward-Secret: " .. doorward_secret,
        "X-Original-Method: " .. r.method,
        "X-Original-URI: " .. r.unparsed_uri,
        "X-Forwarded-For: " .. r.useragent_ip,
        "X-Forwarded-Proto: " .. (r.is_https and "https" or "http"),
        "X-Forwarded-Host: " .. host,
    }
    for name, value in pairs(r:headers_in_table()) do
        if not is_dropped(name:lower()) then
            lines[#lines + 1] = name .. ": " .. value
        end
    end
    lines[#lines + 1] = certificate_of(r)
    return table.concat(lines, "\r\n") .. "\r\n\r\n"
end

local function connect()
    local path = doorward_address:match("^unix:(.*)")
    local connection = path and unix.stream() or socket.tcp()

    connection:settimeout(SECONDS)
    if path then
        assert(connection:connect(path))
    else
        local host, port = doorward_address:match("^%[?([^%]]*)%]?:(%d+)$")
        assert(connection:connect(host, tonumber(port)))
    end
    return connection
end

local function read_fields(connection)
    local fields = {}

    while true do
        local line = assert(connection:receive("*l"))
        if line == "" then
            return fields
        end
        local name, value = line:match("^([^:]+):%s*(.-)%s*$")
        name = name:lower()
        fields[name] = fields[name] or {}
        table.insert(fields[name], value)
    end
end

-- {status, fields, body}; raises an error if there is no answer.
local function ask(r)
    local connection = connect()

    assert(connection:send(describe(r)))
    local status = tonumber(assert(connection:receive("*l")):match("^HTTP/1%.%d (%d%d%d)"))
    local fields = read_fields(connection)
    local length = math.min(tonumber(fields["content-length"][1]), BODY_MAX)
    local body = length > 0 and assert(connection:receive(length)) or ""
    connection:close()
    return { status = status, fields = fields, body = body }
end

-- -- The answer ---------------------------------------------------------------------------------------

local function pass_on(r, answer, names)
    for _, name in ipairs(names) do
        local values = answer.fields[name:lower()]
        if values then
            r.err_headers_out[name] = table.concat(values, ", ")
        end
    end
end

local function let_in(r, answer)
    for _, name in ipairs(IDENTITY) do
        local values = answer.fields[name:lower()]
        r.headers_in[name] = values and values[1]
    end
    pass_on(r, answer, { "Authentication-Info", "DPoP-Nonce" })
    return apache2.OK
end

-- A table of Apache's takes each field once; mod_headers adds the challenges, each in a line of its own.
local function turn_away(r, answer)
    for i, challenge in ipairs(answer.fields["www-authenticate"] or {}) do
        r.subprocess_env["DOORWARD_CHALLENGE_" .. i] = challenge
    end
    r.subprocess_env["DOORWARD_TYPE"] = answer.fields["content-type"][1]
    pass_on(r, answer, { "Cache-Control", "Doorward-Id", "Retry-After", "DPoP-Nonce", "Vary",
                         "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials",
                         "Access-Control-Expose-Headers", "Content-Security-Policy" })
    r:custom_response(answer.status, answer.body)
    return answer.status
end

local function give_up(r, why)
    r:err("doorward: " .. tostring(why))
    r.subprocess_env["DOORWARD_TYPE"] = "text/plain"
    r.err_headers_out["Retry-After"] = "5"
    r:custom_response(503, "The credentials cannot be checked right now.\n")
    return 503
end

-- -- The hook -----------------------------------------------------------------------------------------

local OWN = { ["/doorward/signin"] = true, ["/doorward/signout"] = true, ["/doorward/token"] = true,
              ["/.well-known/jwks.json"] = true }

local function is_own(r)
    return OWN[r.uri] or r.uri:find("^/%.well%-known/oauth%-") or r.uri == "/.well-known/openid-configuration"
end

local function drop_forged(r)
    for name in pairs(r:headers_in_table()) do
        if name:lower():find("^doorward") then
            r.headers_in[name] = nil
        end
    end
end

function doorward(r)
    drop_forged(r)
    if is_own(r) then
        return apache2.OK
    end
    local answered, answer = pcall(ask, r)
    if not answered then
        return give_up(r, answer)
    end
    if answer.status == 200 then
        return let_in(r, answer)
    end
    if answer.status < 400 or not answer.fields["doorward-id"] then
        return give_up(r, "an answer of " .. answer.status .. " that is not Doorward's")
    end
    return turn_away(r, answer)
end
