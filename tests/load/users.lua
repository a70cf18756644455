-- Another user each time, of those that many_users.py adds: BODY, USERS.
local file = assert(io.open(os.getenv("BODY"), "rb"))
local body = file:read("*a")
file:close()
local users = tonumber(os.getenv("USERS"))
local headers = { ["Content-Type"] = "application/x-www-form-urlencoded", ["Connection"] = "close" }

math.randomseed(7)
request = function()
  local user = string.format("2%07d", math.random(0, users - 1))
  return wrk.format("POST", nil, headers, (body:gsub("1000", user)))
end
