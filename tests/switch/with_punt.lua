-- Stands in for login.lua on a switch that has the command `verto_punt`: keeps in a file whom it was told to punt.
-- luacheck: globals freeswitch

local stock = freeswitch
local folder = stock.getGlobalVariable("script_dir")

freeswitch = setmetatable({
  API = function()
    local api = stock.API()
    return {
      execute = function(_, command, argument)
        if command ~= "verto_punt" then
          return api:execute(command, argument)
        end
        local file = assert(io.open(folder .. "/punted", "a"))
        file:write(argument, "\n")
        file:close()
        return "+OK\n"
      end,
    }
  end,
}, { __index = stock })

dofile(folder .. "/login_of_jackfield.lua")
