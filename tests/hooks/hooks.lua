-- Tests of the hook scripts: exactly what they post, and what they do with the answer.

local switch = dofile("switch.lua")
local folder = arg[1]

local NOT_FOUND = '<?xml version="1.0"?>\n<document type="freeswitch/xml">\n<section name="result">\n'
  .. '<result status="not found"/>\n</section>\n</document>\n'
local SESSION = "11111111-2222-4333-8444-555555555555"

local function login(changes, answer, globals)
  local headers = {
    ["FreeSWITCH-Hostname"] = "pbx1",
    verto_success = "1",
    verto_login = "1002@pbx.example.test",
    verto_sessid = SESSION,
  }
  for name, value in pairs(changes or {}) do
    headers[name] = value or nil
  end
  return switch.run(folder, "login.lua", headers, answer, globals)
end

local function disconnect(headers, answer)
  headers["FreeSWITCH-Hostname"] = "pbx1"
  return switch.run(folder, "disconnect.lua", headers, answer)
end

local function equal(found, wanted)
  if found ~= wanted then
    error(("found  %s\nwanted %s"):format(tostring(found), tostring(wanted)), 2)
  end
end

-- The service's reading of a body: names and values, decoded, in their order.
local function fields(body)
  local found = {}
  for pair in body:gmatch("[^&]+") do
    local name, value = pair:match("^([^=]*)=(.*)$")
    found[#found + 1] = name
    found[name] = value:gsub("+", " "):gsub("%%(%x%x)", function(hex)
      return string.char(tonumber(hex, 16))
    end)
  end
  return found
end

local tests = {
  ["a login is posted"] = function()
    local seen = login(nil, "ok\n")
    equal(#seen.posts, 1)
    equal(seen.posts[1].url, "http://127.0.0.1:8080/fsapi")
    equal(
      seen.posts[1].body,
      "hostname=pbx1&action=verto_client_login&client_id=1002%40pbx.example.test&session_id=" .. SESSION
    )
    equal(table.concat(seen.commands, " "), "curl")
  end,

  ["a login without a session id is posted with an empty one"] = function()
    local seen = login({ verto_sessid = false }, "ok\n")
    equal(
      seen.posts[1].body,
      "hostname=pbx1&action=verto_client_login&client_id=1002%40pbx.example.test&session_id="
    )
  end,

  ["a login without a name is posted as nil"] = function()
    equal(fields(login({ verto_login = false }, "ok\n").posts[1].body).client_id, "nil")
  end,

  ["a failed login is not posted"] = function()
    for _, success in ipairs({ "0", "", false }) do
      equal(#login({ verto_success = success }, "punt\n").commands, 0)
    end
  end,

  ["a disconnect is posted"] = function()
    local seen = disconnect({ verto_login = "1002@pbx.example.test" }, "ok\n")
    equal(
      seen.posts[1].body,
      "hostname=pbx1&action=verto_client_disconnect&client_id=1002%40pbx.example.test&session_id=nil"
    )
    equal(table.concat(seen.commands, " "), "curl")
  end,

  ["a disconnect before a login is posted as nil"] = function()
    local wanted = "hostname=pbx1&action=verto_client_disconnect&client_id=nil&session_id=nil"
    equal(disconnect({}, "ok\n").posts[1].body, wanted)
    equal(disconnect({ verto_login = "" }, "ok\n").posts[1].body, wanted)
  end,

  ["the session id of a disconnect is posted where the switch tells it"] = function()
    local seen = disconnect({ verto_login = "a", verto_sessid = SESSION }, "ok\n")
    equal(fields(seen.posts[1].body).session_id, SESSION)
  end,

  ["the url is a global variable of the switch"] = function()
    local elsewhere = "http://127.0.0.1:18080/fsapi"
    equal(login(nil, "ok\n", { jackfield_url = elsewhere }).posts[1].url, elsewhere)
    equal(login(nil, "ok\n", { jackfield_url = "" }).posts[1].url, "http://127.0.0.1:8080/fsapi")
  end,

  ["punt calls verto_punt with the session id"] = function()
    for _, answer in ipairs({ "punt", "punt\n", "punt\r\n", "punt\nmore\n" }) do
      local seen = login(nil, answer)
      equal(table.concat(seen.commands, " "), "curl verto_punt")
      equal(seen.punted, SESSION)
    end
  end,

  ["nothing but punt on the first line punts"] = function()
    local answers = { "ok", "ok\npunt\n", NOT_FOUND, "", "\npunt", "punted", "punt it", "Punt", "INVALID COMMAND!\n" }
    for _, answer in ipairs(answers) do
      equal(table.concat(login(nil, answer).commands, " "), "curl")
    end
    equal(table.concat(login(nil, nil).commands, " "), "curl")
  end,

  ["a disconnect never punts"] = function()
    local seen = disconnect({ verto_login = "1002", verto_sessid = SESSION }, "punt\n")
    equal(table.concat(seen.commands, " "), "curl")
  end,

  ["what is not a plain word is never given to verto_punt"] = function()
    for _, session in ipairs({ "", "a b", "a\nb", "'a'", 'a"b', "a\\b", "a,b", " ", "a\tb" }) do
      local seen = login({ verto_sessid = session }, "punt\n")
      equal(table.concat(seen.commands, " "), "curl")
      assert(seen.log:match("^warning "), seen.log)
    end
  end,

  ["a hostile value stays inside its field"] = function()
    local hostile = {
      "a&action=x",
      "a&section=directory",
      "a%26action%3Dx",
      "a%2526action%253Dx",
      "a b timeout 99",
      "a' post b",
      'a" post b',
      "a\\ post b",
      "a\r\npost b",
      "a\npost b",
      "\t\1\127",
      "a+b;c,d#e?f%",
      "$${default_password} ${system(id)}",
      "ümläut 電話",
      "\255\254",
      " ",
    }
    for _, value in ipairs(hostile) do
      local one = fields(login({ verto_login = value, verto_sessid = value }, "ok\n").posts[1].body)
      equal(table.concat(one, " "), "hostname action client_id session_id")
      equal(one.action, "verto_client_login")
      equal(one.client_id, value)
      equal(one.session_id, value)
      local other = fields(disconnect({ verto_login = value }, "ok\n").posts[1].body)
      equal(table.concat(other, " "), "hostname action client_id session_id")
      equal(other.action, "verto_client_disconnect")
      equal(other.client_id, value)
    end
  end,

  ["nothing that is logged holds a session id, and most of it is for debugging"] = function()
    for _, answer in ipairs({ "ok\n", NOT_FOUND, "", SESSION }) do
      local seen = login(nil, answer)
      assert(seen.log:match("^debug jackfield: [^\n]+\n$"), seen.log)
      assert(not seen.log:find(SESSION, 1, true), seen.log)
      local gone = disconnect({ verto_login = "1002", verto_sessid = SESSION }, answer)
      assert(gone.log:match("^debug jackfield: [^\n]+\n$"), gone.log)
      assert(not gone.log:find(SESSION, 1, true), gone.log)
    end
    local punted = login(nil, "punt\n")
    assert(punted.log:match("^notice jackfield: [^\n]+\n$"), punted.log)
    assert(not punted.log:find(SESSION, 1, true), punted.log)
  end,
}

local names = {}
for name in pairs(tests) do
  names[#names + 1] = name
end
table.sort(names)
local failed = 0
for _, name in ipairs(names) do
  local done, message = pcall(tests[name])
  if not done then
    failed = failed + 1
  end
  print((done and "ok      " or "FAILED  ") .. name .. (done and "" or ("\n" .. tostring(message))))
end
print(("%d passed, %d failed"):format(#names - failed, failed))
os.exit(failed == 0)
