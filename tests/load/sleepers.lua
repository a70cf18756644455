-- Calls into a context whose handler sleeps, each to another number.
local file = assert(io.open(os.getenv("BODY"), "rb"))
local body = file:read("*a"):gsub("Context=default", "Context=" .. os.getenv("CONTEXT"))
file:close()
local headers = { ["Content-Type"] = "application/x-www-form-urlencoded", ["Connection"] = "close" }
local number = 0
-- All connections together once a second: those that are told at once do not flood the service.
function delay()
  return 1000
end
function request()
  number = number + 1
  local numbered = body:gsub("Destination%-Number=%d+", "Destination-Number=" .. number)
  return wrk.format("POST", nil, headers, numbered)
end
