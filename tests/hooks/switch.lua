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

-- Runs a script for an event with these headers; `answer` is what the service says.
function switch.run(folder, script, headers, answer, globals)
  local seen = { posts = {}, commands = {}, log = {} }
  local variables = { script_dir = folder }
  for name, value in pairs(globals or {}) do
    variables[name] = value
  end
  local api = {
    execute = function(_, command, argument)
      seen.commands[#seen.commands + 1] = command
      if command == "curl" then
        seen.posts[#seen.posts + 1] = curl(argument)
        return answer
      end
      seen.punted = argument
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
