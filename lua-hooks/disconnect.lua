-- For CUSTOM verto::client_disconnect: tells Jackfield who has gone.

local event, freeswitch = event, freeswitch
local jackfield = dofile(freeswitch.getGlobalVariable("script_dir") .. "/jackfield.lua")

-- A client that goes before it has logged in has no name, or an empty one: both are told as `nil`.
local function header(name)
  local value = event:getHeader(name)
  if value == nil or value == "" then
    return "nil"
  end
  return value
end

local answer = jackfield.post({
  { "hostname", event:getHeader("FreeSWITCH-Hostname") or "" },
  { "action", "verto_client_disconnect" },
  { "client_id", header("verto_login") },
  { "session_id", header("verto_sessid") },
})

if answer == "ok" then
  jackfield.log("debug", "a disconnect was noted")
else
  jackfield.log("debug", "a disconnect was left alone")
end
