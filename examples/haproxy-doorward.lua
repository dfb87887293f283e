-- SPDX-License-Identifier: Apache-2.0
--
-- HAProxy asks Doorward about each request:
--
--     lua-load /etc/haproxy/haproxy-doorward.lua
--     http-request lua.doorward 127.0.0.1:8401 replace-this-secret
--     http-request deny deny_status 503 unless { var(txn.doorward) -m str allowed }
--
-- Whoever is not let in is answered with what Doorward says. Whoever is gets txn.doorward, and what is
-- known of them into txn.doorward_subject and so on.

local MILLISECONDS = 6000

-- Fields of the question that are ours to write, and those that are between two servers only.
local DROPPED = {
    connection = true, ["keep-alive"] = true, ["proxy-connection"] = true, te = true, trailer = true,
    ["transfer-encoding"] = true, ["content-length"] = true, expect = true, range = true,
    ["x-real-ip"] = true,
}
local OURS = { "^doorward", "^x[-_]original", "^x[-_]forwarded" }

-- What is told of who was let in: field -> variable.
local TOLD = {
    ["doorward-subject"] = "txn.doorward_subject",
    ["doorward-client"] = "txn.doorward_client",
    ["doorward-scope"] = "txn.doorward_scope",
    ["doorward-issuer"] = "txn.doorward_issuer",
    ["authentication-info"] = "txn.doorward_info",
    ["dpop-nonce"] = "txn.doorward_nonce",
}

local function is_dropped(name)
    for _, pattern in ipairs(OURS) do
        if name:find(pattern) then
            return true
        end
    end
    return DROPPED[name] ~= nil
end

local function describe(txn, secret)
    local fields = {}
    for name, values in pairs(txn.http:req_get_headers()) do
        if not is_dropped(name) then
            fields[name] = {}
            for i = 0, #values do
                fields[name][i + 1] = values[i]
            end
        end
    end
    fields["doorward-secret"] = { secret }
    fields["x-original-method"] = { txn.sf:method() }
    fields["x-original-uri"] = { txn.sf:pathq() }
    fields["x-forwarded-for"] = { txn.sf:src() }
    fields["x-forwarded-proto"] = { txn.sf:ssl_fc() == "1" and "https" or "http" }
    fields["x-forwarded-host"] = { txn.sf:req_fhdr("host") }
    return fields
end

local function ask(txn, address, secret)
    return core.httpclient():get{
        url = "http://127.0.0.1/doorward/verify", dst = address,
        headers = describe(txn, secret), timeout = MILLISECONDS,
    }
end

local function let_in(txn, answer)
    for field, variable in pairs(TOLD) do
        local values = answer.headers[field]
        if values ~= nil then
            txn:set_var(variable, values[0])
        end
    end
    txn:set_var("txn.doorward", "allowed")
end

local function turn_away(txn, answer)
    local reply = txn:reply{ status = answer.status }
    for name, values in pairs(answer.headers) do
        for i = 0, #values do
            if not is_dropped(name) or name:find("^doorward") then
                reply:add_header(name, values[i])
            end
        end
    end
    if txn.sf:method() ~= "HEAD" then
        reply:set_body(answer.body)
    end
    txn:done(reply)
end

core.register_action("doorward", { "http-req" }, function(txn, address, secret)
    local answer = ask(txn, address, secret)
    if answer.status == 200 then
        let_in(txn, answer)
    elseif answer.status >= 400 and answer.headers["doorward-id"] ~= nil then
        turn_away(txn, answer)
    end
end, 2)
