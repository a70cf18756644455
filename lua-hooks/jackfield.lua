-- What the hook scripts share: posting an event to Jackfield, and doing what it answers.
--
-- Jackfield is asked at the global variable `jackfield_url`; vars.xml sets another one than DEFAULT_URL with
--   <X-PRE-PROCESS cmd="set" data="jackfield_url=http://127.0.0.1:8080/fsapi"/>
-- No line logged here holds a session id: it is all that a login is recognised by. At log level debug mod_curl itself
-- prints whatever it posts, so a switch in service should log at info.

local freeswitch = freeswitch

local DEFAULT_URL = "http://127.0.0.1:8080/fsapi"
-- The switch hands out events from a few threads, and the script holds one of them while it waits.
local SECONDS = 2

local jackfield = {}

function jackfield.log(level, message)
  freeswitch.consoleLog(level, "jackfield: " .. message .. "\n")
end

-- Percent-encodes all but the characters that mean nothing to anybody.
local function encode(text)
  return (text:gsub("[^%w._~-]", function(character)
    return ("%%%02X"):format(character:byte())
  end))
end

local function service_url()
  local url = freeswitch.getGlobalVariable("jackfield_url")
  if url == nil or url == "" then
    return DEFAULT_URL
  end
  return url
end

-- Posts pairs of name and value, in their order; answers the first line of what comes back.
function jackfield.post(pairs_in_order)
  local form = {}
  for _, pair in ipairs(pairs_in_order) do
    form[#form + 1] = pair[1] .. "=" .. encode(pair[2])
  end
  -- `curl` splits its argument at spaces, takes quotes and backslashes for its own, and undoes one percent-encoding of
  -- what it posts. So the form's own encoding is encoded once more: a value can end neither an argument nor a field.
  local data = table.concat(form, "&"):gsub("%%", "%%25")
  local command = ("%s connect-timeout %d timeout %d post %s"):format(service_url(), SECONDS, SECONDS, data)
  local answer = freeswitch.API():execute("curl", command) or ""
  return answer:match("^[^\r\n]*")
end

-- Ends the connection that logged in with this session id, on a switch that has the API `verto_punt`.
function jackfield.punt(session_id)
  -- The client chose the id: one with a space or a quote in it could name a second argument.
  if not session_id:match("^[%w._~-]+$") then
    jackfield.log("warning", "a login has to go, but its session id cannot be named to verto_punt")
    return
  end
  freeswitch.API():execute("verto_punt", session_id)
  jackfield.log("notice", "a login was sent to verto_punt")
end

return jackfield
