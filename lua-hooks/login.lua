-- For CUSTOM verto::login: tells Jackfield who has logged in. The login gets what Jackfield answers; without an answer
-- that of a client gets nothing and loses what it had.

local event, freeswitch = event, freeswitch
local jackfield = dofile(freeswitch.getGlobalVariable("script_dir") .. "/jackfield.lua")

-- The event of a failed login is none of Jackfield's business: the switch has refused it already.
if event:getHeader("verto_success") ~= "1" then
  return
end

local login = event:getHeader("verto_login") or "nil"
local session_id = event:getHeader("verto_sessid") or ""
local address = event:getHeader("verto_client_address") or ""

jackfield.forget_another(address, login, session_id)

local answer = jackfield.post(event, "verto_client_login", login, session_id)
local first, lines = answer:match("^([^\r\n]*)(.*)$")

if first == "ok" then
  jackfield.carry_out(lines, login, session_id, address)
  jackfield.log("debug", "a login was approved")
elseif first == "punt" then
  jackfield.put_out(session_id, address)
  jackfield.log("notice", "a login was not approved, and was put out")
elseif jackfield.may_be_client(login) then
  jackfield.put_out(session_id, address)
  jackfield.log("warning", "nobody has decided about a login, so it was put out: " .. jackfield.is_it_there())
else
  -- A user of the PBX, whose rights are those that the directory gave.
  jackfield.log("warning", "nobody has decided about a login that is no client's: " .. jackfield.is_it_there())
end
