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

jackfield.forget(event:getHeader("verto_client_address") or "")

local answer = jackfield.post(event, "verto_client_disconnect", header("verto_login"), header("verto_sessid"))

if answer:match("^[^\r\n]*") == "ok" then
  jackfield.log("debug", "a disconnect was noted")
else
  jackfield.log("debug", "a disconnect was left alone")
end
