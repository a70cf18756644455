-- Doubles of what mod_lua gives a script: `freeswitch` and `event`. They do with arguments what the switch does.

local switch = {}

-- What `switch_url_decode` does, once, to the data that `curl` posts.
local function decode(text)
  return (text:gsub("%%(%x%x)", function(hex)
    return string.char(tonumber(hex, 16))
  end))
end

-- What `curl` makes of its argument. The switch splits at spaces outside of quotes; a quote or backslash that gets here
-- is a fault already.
local function curl(argument)
  assert(not argument:find("['\"\\%c]"), "a quote, backslash or control character in: " .. argument)
  local words = {}
  for word in argument:gmatch("%S+") do
    words[#words + 1] = word
  end
  assert(#words == 7, "not seven words: " .. argument)
  assert(words[2] == "connect-timeout" and words[3] == "2", argument)
  assert(words[4] == "timeout" and words[5] == "2", argument)
  assert(words[6] == "post", argument)
  return { url = words[1], body = decode(words[7]) }
end

-- What `verto`, `hupall` and `verto_punt` make of their arguments. The switch splits them at spaces, too; `hupall` ends
-- every call there is where it finds no variable.
local function checked(command, argument)
  assert(not argument:find("['\"\\%c]"), "a quote, backslash or control character in: " .. argument)
  local words = {}
  for word in (argument .. " "):gmatch("([^ ]*) ") do
    assert(word ~= "", "an empty word in: " .. argument)
    words[#words + 1] = word
  end
  if command == "verto" then
    assert(#words == 4, argument)
    assert(words[1] == "perm" or words[1] == "noperm", argument)
    assert(words[3] == "methods" or words[3] == "event_channels", argument)
  elseif command == "hupall" then
    assert(#words == 3 and words[1] == "NORMAL_CLEARING", argument)
    local variables = { jsock_uuid_str = true, verto_client_address = true, jackfield_client = true }
    assert(variables[words[2]], argument)
  else
    assert(command == "verto_punt" and #words == 1, command .. " " .. argument)
  end
end

-- Runs a script for an event with these headers; `answer` is what the service says, `variables` are the switch's own,
-- and go on from event to event. `gone` are sessions that the switch does not have; `punts` whether it has verto_punt.
function switch.run(folder, script, headers, answer, variables, gone, punts)
  local seen = { posts = {}, commands = {}, done = {}, log = {}, slept = 0 }
  variables = variables or {}
  variables.script_dir = folder
  local api = {
    execute = function(_, command, argument)
      seen.commands[#seen.commands + 1] = command
      if command == "curl" then
        seen.posts[#seen.posts + 1] = curl(argument)
        return answer
      end
      checked(command, argument)
      seen.done[#seen.done + 1] = command .. " " .. argument
      if command == "verto_punt" and not punts then
        return "INVALID COMMAND!\n"
      end
      if command == "verto" and gone and gone[argument:match("^%S+ (%S+)")] then
        return "-ERR"
      end
      return "+OK\n"
    end,
  }
  local environment = setmetatable({
    event = {
      getHeader = function(_, name)
        return headers[name]
      end,
    },
    freeswitch = {
      API = function()
        return api
      end,
      getGlobalVariable = function(name)
        return variables[name]
      end,
      setGlobalVariable = function(name, value)
        variables[name] = value ~= "" and value or nil
      end,
      msleep = function(milliseconds)
        seen.slept = seen.slept + milliseconds
        seen.done[#seen.done + 1] = "msleep"
      end,
      consoleLog = function(level, text)
        seen.log[#seen.log + 1] = level .. " " .. text
      end,
    },
  }, { __index = _G })
  environment.dofile = function(path)
    return assert(loadfile(path, "t", environment))()
  end
  assert(loadfile(folder .. "/" .. script, "t", environment))()
  seen.log = table.concat(seen.log)
  return seen
end

return switch
