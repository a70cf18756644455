-- For CUSTOM verto::login: tells Jackfield who has logged in, and sends the client away where Jackfield says so.

local event, freeswitch = event, freeswitch
local jackfield = dofile(freeswitch.getGlobalVariable("script_dir") .. "/jackfield.lua")

-- The event of a failed login is none of Jackfield's business: the switch has refused it already.
if event:getHeader("verto_success") ~= "1" then
  return
end

local session_id = event:getHeader("verto_sessid") or ""
local answer = jackfield.post({
  { "hostname", event:getHeader("FreeSWITCH-Hostname") or "" },
  { "action", "verto_client_login" },
  { "client_id", event:getHeader("verto_login") or "nil" },
  { "session_id", session_id },
})

if answer == "punt" then
  jackfield.punt(session_id)
elseif answer == "ok" then
  jackfield.log("debug", "a login was approved")
else
  -- Nobody decides about this login, or Jackfield is not there.
  jackfield.log("debug", "a login was left alone")
end
