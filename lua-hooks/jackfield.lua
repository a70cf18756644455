-- What the hook scripts share: posting an event to Jackfield, and carrying out what it answers.
--
-- Jackfield is asked at the global variable `jackfield_url`; vars.xml sets another one than DEFAULT_URL with
--   <X-PRE-PROCESS cmd="set" data="jackfield_url=http://127.0.0.1:8080/fsapi"/>
-- No line logged here holds a session id: it is all that a login is recognised by. At log level debug mod_curl itself
-- prints whatever it posts, so a switch in service should log at info.

local freeswitch = freeswitch

local DEFAULT_URL = "http://127.0.0.1:8080/fsapi"
-- The switch hands out its events one after the other, all of them, and they wait while a script does.
local SECONDS = 2
-- As long as a call may take, once it was allowed, to show whose it is.
local MILLISECONDS_OF_A_CALL = 20

-- All methods that mod_verto has, but for `login` and the harmless `echo`, and what stands for several of them.
-- `verto noperm` takes away only what was given by the same name.
local EVERY_METHOD = "verto,verto.invite,verto.attach,verto.answer,verto.bye,verto.modify,verto.info,"
  .. "verto.subscribe,verto.unsubscribe,verto.broadcast,verto.ping,jsapi,fsapi"
local EVERY_EVENT_CHANNEL = "presence,conference,conference-liveArray,conference-chat,conference-info,conference-mod,"
  .. "FSevent,demo"

local jackfield = {}

function jackfield.log(level, message)
  freeswitch.consoleLog(level, "jackfield: " .. message .. "\n")
end

-- Percent-encodes all but the characters that mean nothing to anybody.
local function encode(text)
  return (text:gsub("[^A-Za-z0-9._~-]", function(character)
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

-- A question for the log: the URL without what may be a secret in it, which is a user, a password, a query.
function jackfield.is_it_there()
  local url = service_url()
  local scheme = url:match("^%a[%w+.-]*://") or ""
  local place = url:sub(#scheme + 1):gsub("^.*@", ""):gsub("[?#%c].*", "")
  return "is Jackfield at " .. scheme .. place .. "?"
end

local function execute(command, argument)
  return freeswitch.API():execute(command, argument) or ""
end

-- Posts an event; answers the text that comes back, which is empty where nobody answers.
function jackfield.post(event, action, client_id, session_id)
  local function header(name)
    return event:getHeader(name) or ""
  end
  -- The name that look-ups come with.
  local hostname = header("FreeSWITCH-Switchname")
  if hostname == "" then
    hostname = header("FreeSWITCH-Hostname")
  end
  local form = {
    "hostname=" .. encode(hostname),
    "action=" .. encode(action),
    "client_id=" .. encode(client_id),
    "session_id=" .. encode(session_id),
    "client_address=" .. encode(header("verto_client_address")),
    "profile=" .. encode(header("verto_profile_name")),
  }
  -- `curl` splits its argument at spaces, takes quotes and backslashes for its own, and undoes one percent-encoding of
  -- what it posts. So the form's own encoding is encoded once more: a value can end neither an argument nor a field.
  local data = table.concat(form, "&"):gsub("%%", "%%25")
  return execute("curl", ("%s connect-timeout %d timeout %d post %s"):format(service_url(), SECONDS, SECONDS, data))
end

-- The client chose it: one with a space or a quote in it could name a second argument.
local function is_session(text)
  return #text <= 128 and text:find("^[A-Za-z0-9._~-]+$") ~= nil
end

local function is_address(text)
  return #text <= 64 and text:find("^[%x.:%[%]]+$") ~= nil
end

local function is_kind(text)
  return text == "methods" or text == "event_channels"
end

local function is_list(text)
  return text:find("^[A-Za-z0-9._@/+,-]+$") ~= nil and not ("," .. text .. ","):find(",,", 1, true)
end

-- `word` is perm or noperm; all arguments are checked by whoever calls.
local function permit(word, session_id, kind, list)
  return execute("verto", ("%s %s %s %s"):format(word, session_id, kind, list)):sub(1, 3) == "+OK"
end

-- Hangs up the calls whose variable has this value. Without a value `hupall` would end every call of the switch.
local function hang_up(variable, value)
  if value:find("^[^%s'\"\\]+$") then
    execute("hupall", ("NORMAL_CLEARING %s %s"):format(variable, value))
  end
end

local function revoke_everything(session_id)
  permit("noperm", session_id, "methods", EVERY_METHOD)
  permit("noperm", session_id, "event_channels", EVERY_EVENT_CHANNEL)
end

-- Hangs up a session's calls, and ends it on a switch that can. What it may has to be taken from it before.
local function end_session(session_id)
  hang_up("jsock_uuid_str", session_id)
  -- A stock switch has no such command, and says so to nobody but us.
  execute("verto_punt", session_id)
end

-- The user name of a client, which its calls have as `jackfield_client` where Jackfield let it in.
local function client_of(login)
  local name = login:match("^[^@]*")
  return name:find("^[A-Za-z0-9-]+$") and name
end

-- Whether a login has a name as clients have: a UUID.
function jackfield.may_be_client(login)
  local name = login:match("^[^@]*")
  return #name == 36 and name:find("^%x+%-%x+%-%x+%-%x+%-%x+$") ~= nil
end

-- Where it is kept which session of which login was given something over a connection.
local function granted_at(address)
  return "jackfield_granted_" .. address
end

-- Puts out what has logged in with this id over this connection.
function jackfield.put_out(session_id, address)
  if is_session(session_id) then
    revoke_everything(session_id)
    end_session(session_id)
  else
    jackfield.log("warning", "a login has to go whose session the switch cannot be told")
  end
  if is_address(address) then
    hang_up("verto_client_address", address)
  end
end

-- A connection may log in once more as somebody else, and keeps what it was given. Takes that away before anybody is
-- asked about the new one.
function jackfield.forget_another(address, login, session_id)
  if not is_address(address) then
    return
  end
  local before = freeswitch.getGlobalVariable(granted_at(address)) or ""
  if before == "" or before == session_id .. " " .. encode(login) then
    return
  end
  local old = before:match("^%S*")
  revoke_everything(old)
  freeswitch.msleep(MILLISECONDS_OF_A_CALL)
  end_session(old)
  hang_up("verto_client_address", address)
  jackfield.forget(address)
  jackfield.log("notice", "a connection has logged in as somebody else, and lost what it was given")
end

-- The connection is gone.
function jackfield.forget(address)
  if is_address(address) then
    freeswitch.setGlobalVariable(granted_at(address), "")
  end
end

-- Lines as `revoke SESSION methods a,b`; the words of each that is well formed, sorted by what is to be done.
local function parse(lines)
  local actions = { revoke = {}, out = {}, grant = {} }
  for line in lines:gmatch("[^\r\n]+") do
    local words = {}
    for word in (line .. " "):gmatch("([^ ]*) ") do
      words[#words + 1] = word
    end
    local verb, a, b, c = words[1], words[2], words[3], words[4]
    if
      verb == "grant" and #words == 3 and is_kind(a) and is_list(b)
      or verb == "revoke" and #words == 4 and is_session(a) and is_kind(b) and is_list(c)
      or verb == "out" and #words == 2 and is_session(a)
    then
      local all = actions[verb]
      all[#all + 1] = { a, b, c }
    else
      jackfield.log("warning", "an action is unknown or malformed, and is left out")
    end
  end
  return actions
end

-- Does what the lines after `ok` say: first what is taken from other sessions, then what this one gets.
function jackfield.carry_out(lines, login, session_id, address)
  local actions = parse(lines)
  for _, revoke in ipairs(actions.revoke) do
    if not permit("noperm", revoke[1], revoke[2], revoke[3]) then
      jackfield.log("info", "a session has gone before something was taken from it")
    end
  end
  for _, out in ipairs(actions.out) do
    -- Also what it was given before its channel's rights were changed.
    revoke_everything(out[1])
  end
  if #actions.out > 0 then
    freeswitch.msleep(MILLISECONDS_OF_A_CALL)
  end
  for _, out in ipairs(actions.out) do
    end_session(out[1])
    -- A client can have its calls carry another session than theirs, but not the name of another client. The session
    -- that has just logged in has no call yet.
    local client = client_of(login)
    if client and out[1] ~= session_id then
      hang_up("jackfield_client", client)
    end
    jackfield.log("notice", "a session was put out")
  end
  if #actions.grant > 0 and not is_session(session_id) then
    jackfield.log("warning", "a login was approved whose session the switch cannot be told")
    return
  end
  for _, grant in ipairs(actions.grant) do
    if permit("perm", session_id, grant[1], grant[2]) then
      if is_address(address) then
        freeswitch.setGlobalVariable(granted_at(address), session_id .. " " .. encode(login))
      end
    else
      jackfield.log("warning", "the switch has refused to grant " .. grant[1] .. ": the session has gone, it seems")
    end
  end
end

return jackfield
