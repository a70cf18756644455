-- Tests of the hook scripts: exactly what they post, and what they do with the answer.

local switch = dofile("switch.lua")
local folder = arg[1]

local NOT_FOUND = '<?xml version="1.0"?>\n<document type="freeswitch/xml">\n<section name="result">\n'
  .. '<result status="not found"/>\n</section>\n</document>\n'
local SESSION = "11111111-2222-4333-8444-555555555555"
local OTHER = "66666666-7777-4888-9999-000000000000"
local CLIENT = "c0ffee00-1111-4222-8333-444444444444"
local ADDRESS = "127.0.0.1:50000"
local EVERY_METHOD = "verto,verto.invite,verto.attach,verto.answer,verto.bye,verto.modify,verto.info,"
  .. "verto.subscribe,verto.unsubscribe,verto.broadcast,verto.ping,jsapi,fsapi"
local EVERY_EVENT_CHANNEL = "presence,conference,conference-liveArray,conference-chat,conference-info,conference-mod,"
  .. "FSevent,demo"

-- Values that a client could think of.
local HOSTILE = {
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
  "a,b",
  "a\tb",
  "'a'",
  ("a"):rep(129),
}

-- `changes` are headers: false is for one that is not there. `more` has variables, gone and punts of the switch.
local function login(changes, answer, more)
  local headers = {
    ["FreeSWITCH-Hostname"] = "machine1",
    ["FreeSWITCH-Switchname"] = "pbx1",
    verto_success = "1",
    verto_login = CLIENT .. "@verto",
    verto_sessid = SESSION,
    verto_client_address = ADDRESS,
    verto_profile_name = "clients",
  }
  for name, value in pairs(changes or {}) do
    headers[name] = value or nil
  end
  more = more or {}
  local script = more.script or "login.lua"
  return switch.run(more.folder or folder, script, headers, answer, more.variables, more.gone, more.punts)
end

local function disconnect(headers, answer, variables)
  headers["FreeSWITCH-Switchname"] = "pbx1"
  return switch.run(folder, "disconnect.lua", headers, answer, variables)
end

local function equal(found, wanted)
  if found ~= wanted then
    error(("found  %s\nwanted %s"):format(tostring(found), tostring(wanted)), 2)
  end
end

local function lines(list)
  return table.concat(list, "\n")
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

local FIELDS = "hostname action client_id session_id client_address profile"

-- What is done to a login that is put out.
local function put_out(session_id, address)
  return lines({
    ("verto noperm %s methods %s"):format(session_id, EVERY_METHOD),
    ("verto noperm %s event_channels %s"):format(session_id, EVERY_EVENT_CHANNEL),
    "hupall NORMAL_CLEARING jsock_uuid_str " .. session_id,
    "verto_punt " .. session_id,
    "hupall NORMAL_CLEARING verto_client_address " .. address,
  })
end

local function is_silent_about_sessions(log)
  for _, secret in ipairs({ SESSION, OTHER }) do
    assert(not log:find(secret, 1, true), log)
  end
  for line in log:gmatch("[^\n]+") do
    assert(line:match("^%a+ jackfield: "), log)
  end
end

local tests = {
  ["a login is posted"] = function()
    local seen = login(nil, "ok\n")
    equal(#seen.posts, 1)
    equal(seen.posts[1].url, "http://127.0.0.1:8080/fsapi")
    equal(
      seen.posts[1].body,
      "hostname=pbx1&action=verto_client_login&client_id="
        .. CLIENT
        .. "%40verto&session_id="
        .. SESSION
        .. "&client_address=127.0.0.1%3A50000&profile=clients"
    )
    equal(lines(seen.commands), "curl")
  end,

  ["a login without a session id is posted with an empty one"] = function()
    equal(fields(login({ verto_sessid = false }, "punt\n").posts[1].body).session_id, "")
  end,

  ["a login without a name is posted as nil"] = function()
    equal(fields(login({ verto_login = false }, "ok\n").posts[1].body).client_id, "nil")
  end,

  ["what an event lacks is posted empty"] = function()
    local gone = { verto_client_address = false, verto_profile_name = false, ["FreeSWITCH-Switchname"] = false }
    local found = fields(login(gone, "ok\n").posts[1].body)
    equal(table.concat(found, " "), FIELDS)
    equal(found.client_address .. found.profile, "")
    equal(found.hostname, "machine1")
  end,

  ["a failed login is not posted, and nothing is done about it"] = function()
    for _, success in ipairs({ "0", "", false }) do
      equal(#login({ verto_success = success }, "punt\n").commands, 0)
    end
  end,

  ["a disconnect is posted"] = function()
    local seen = disconnect({
      verto_login = CLIENT .. "@verto",
      verto_client_address = ADDRESS,
      verto_profile_name = "clients",
    }, "ok\n")
    equal(
      seen.posts[1].body,
      "hostname=pbx1&action=verto_client_disconnect&client_id="
        .. CLIENT
        .. "%40verto&session_id=nil&client_address=127.0.0.1%3A50000&profile=clients"
    )
    equal(lines(seen.commands), "curl")
  end,

  ["a disconnect before a login is posted as nil"] = function()
    for _, headers in ipairs({ {}, { verto_login = "" } }) do
      local found = fields(disconnect(headers, "ok\n").posts[1].body)
      equal(found.client_id .. " " .. found.session_id, "nil nil")
    end
  end,

  ["the session id of a disconnect is posted where the switch tells it"] = function()
    local seen = disconnect({ verto_login = "a", verto_sessid = SESSION }, "ok\n")
    equal(fields(seen.posts[1].body).session_id, SESSION)
  end,

  ["the url is a global variable of the switch"] = function()
    local elsewhere = "http://127.0.0.1:18080/fsapi"
    local function asked(url)
      return login(nil, "ok\n", { variables = { jackfield_url = url } }).posts[1].url
    end
    equal(asked(elsewhere), elsewhere)
    equal(asked(""), "http://127.0.0.1:8080/fsapi")
  end,

  ["an approved login gets what the answer grants, and nothing else"] = function()
    local seen = login(nil, "ok\ngrant methods verto.invite,verto.bye\ngrant event_channels presence\n")
    equal(
      lines(seen.done),
      lines({
        "verto perm " .. SESSION .. " methods verto.invite,verto.bye",
        "verto perm " .. SESSION .. " event_channels presence",
      })
    )
    equal(seen.slept, 0)
  end,

  ["a name may be of a room"] = function()
    local room = "conference-liveArray.3000-a_b/c+1@pbx.example.test"
    local seen = login(nil, "ok\ngrant event_channels " .. room .. "\n")
    equal(seen.done[1], ("verto perm %s event_channels %s"):format(SESSION, room))
  end,

  ["an approval that grants nothing does nothing"] = function()
    for _, answer in ipairs({ "ok", "ok\n", "ok\r\n", "ok\n\n\n" }) do
      local seen = login(nil, answer)
      equal(lines(seen.commands), "curl")
      equal(seen.log, "debug jackfield: a login was approved\n")
    end
  end,

  ["another session loses everything before this one gets anything"] = function()
    local answer = lines({
      "ok",
      "grant methods verto.invite",
      "out " .. OTHER,
      "revoke " .. OTHER .. " methods verto.invite",
      "revoke " .. OTHER .. " event_channels presence",
    })
    local seen = login(nil, answer)
    equal(
      lines(seen.done),
      lines({
        "verto noperm " .. OTHER .. " methods verto.invite",
        "verto noperm " .. OTHER .. " event_channels presence",
        ("verto noperm %s methods %s"):format(OTHER, EVERY_METHOD),
        ("verto noperm %s event_channels %s"):format(OTHER, EVERY_EVENT_CHANNEL),
        "msleep",
        "hupall NORMAL_CLEARING jsock_uuid_str " .. OTHER,
        "verto_punt " .. OTHER,
        "hupall NORMAL_CLEARING jackfield_client " .. CLIENT,
        "verto perm " .. SESSION .. " methods verto.invite",
      })
    )
    is_silent_about_sessions(seen.log)
  end,

  ["no calls of a client are hung up by a name that is no client's"] = function()
    for _, name in ipairs({ "1000 x", "", "a'b", "${x}", "a.b" }) do
      local seen = login({ verto_login = name .. "@verto" }, "ok\nout " .. OTHER .. "\n")
      assert(not lines(seen.done):find("jackfield_client", 1, true), lines(seen.done))
    end
  end,

  ["a login that is not approved is put out"] = function()
    for _, answer in ipairs({ "punt", "punt\n", "punt\r\n", "punt\nmore\n" }) do
      local seen = login(nil, answer)
      equal(lines(seen.done), put_out(SESSION, ADDRESS))
      equal(seen.log, "notice jackfield: a login was not approved, and was put out\n")
    end
  end,

  ["a login about which nobody decides is put out"] = function()
    local answers = {
      NOT_FOUND,
      "",
      "\nok",
      "\npunt",
      "punted",
      "punt it",
      "Punt",
      "OK",
      "ok ",
      " ok",
      "okay",
      "ok grant methods verto.invite",
      "INVALID COMMAND!\n",
      "-ERR Command not found!\n",
      SESSION,
      "\0ok",
    }
    for _, answer in ipairs(answers) do
      local seen = login(nil, answer)
      equal(lines(seen.done), put_out(SESSION, ADDRESS))
      assert(seen.log:match("^warning "), seen.log)
      is_silent_about_sessions(seen.log)
    end
    equal(lines(login(nil, nil).done), put_out(SESSION, ADDRESS))
  end,

  ["where nobody decides the log says who was asked, and no secret of the url"] = function()
    for url, told in pairs({
      [""] = "http://127.0.0.1:8080/fsapi",
      ["http://192.0.2.10:8080/fsapi"] = "http://192.0.2.10:8080/fsapi",
      ["https://u:hush@pbx.example.com/fsapi"] = "https://pbx.example.com/fsapi",
      ["https://u:hush@hush@pbx.example.com/fsapi"] = "https://pbx.example.com/fsapi",
      ["http://u:hush?hush/@h/fsapi"] = "http://h/fsapi",
      ["u:hush@h/fsapi"] = "h/fsapi",
      ["http://h/fsapi?key=hush"] = "http://h/fsapi",
    }) do
      for _, name in ipairs({ CLIENT .. "@verto", "1000" }) do
        local seen = login({ verto_login = name }, "", { variables = { jackfield_url = url } })
        assert(seen.log:find(" is Jackfield at " .. told .. "?", 1, true), seen.log)
        assert(not seen.log:find("hush", 1, true), seen.log)
      end
    end
  end,

  ["a login of a user of the PBX about which nobody decides is left alone"] = function()
    for _, name in ipairs({ "1000@pbx.example.test", "1000", "alice-bob@verto", ("a"):rep(36) }) do
      local seen = login({ verto_login = name }, "")
      equal(lines(seen.done), "")
      assert(seen.log:match("^warning "), seen.log)
    end
  end,

  ["a login whose session cannot be named loses the calls of its connection, and is granted nothing"] = function()
    for _, session in ipairs({ "", false, table.unpack(HOSTILE) }) do
      local seen = login({ verto_sessid = session }, "punt\n")
      equal(lines(seen.done), "hupall NORMAL_CLEARING verto_client_address " .. ADDRESS)
      assert(seen.log:match("^warning "), seen.log)
      local approved = login({ verto_sessid = session }, "ok\ngrant methods verto.invite\n")
      equal(lines(approved.done), "")
      assert(approved.log:match("^warning "), approved.log)
    end
  end,

  ["an address that is none is not given to any command"] = function()
    for _, address in ipairs({ "", " ", "a b", "1.2.3.4:5 x y", "'1'", "x", ("1"):rep(65), "::1\n" }) do
      local seen = login({ verto_client_address = address }, "punt\n")
      assert(not lines(seen.done):find("verto_client_address", 1, true), lines(seen.done))
    end
    local seen = login({ verto_client_address = "[2001:db8::1]:50000" }, "punt\n")
    equal(seen.done[5], "hupall NORMAL_CLEARING verto_client_address [2001:db8::1]:50000")
  end,

  ["verto_punt is used where it is, and nobody hears of it where it is not"] = function()
    for _, punts in ipairs({ true, false }) do
      local seen = login(nil, "punt\n", { punts = punts })
      equal(seen.done[4], "verto_punt " .. SESSION)
      equal(seen.log, "notice jackfield: a login was not approved, and was put out\n")
    end
  end,

  ["an action that is unknown or malformed is left out, with a warning"] = function()
    local malformed = {
      "grant",
      "grant ",
      "grant methods",
      "grant methods ",
      "grant methods verto.invite ",
      "grant methods  verto.invite",
      " grant methods verto.invite",
      "grant methods verto.invite verto.bye",
      "grant methods verto.invite,",
      "grant methods ,verto.invite",
      "grant methods a,,b",
      "grant methods a;b",
      "grant methods a~b",
      "grant methods a:b",
      "grant methods 'a'",
      "grant methods a\\b",
      "grant methods ${a}",
      "grant methods\tverto.invite",
      "grant jsapi a",
      "grant fsapi system",
      "GRANT methods verto.invite",
      "revoke " .. OTHER,
      "revoke " .. OTHER .. " methods",
      "revoke " .. OTHER .. " methods a b",
      "revoke " .. OTHER .. " fsapi a",
      "revoke a'b methods a",
      "revoke " .. ("a"):rep(129) .. " methods a",
      "out",
      "out ",
      "out a b",
      "out a'b",
      "out " .. OTHER .. " ",
      "out *",
      "hupall",
      "system id",
      "punt " .. OTHER,
      "ok",
    }
    for _, line in ipairs(malformed) do
      local seen = login(nil, "ok\n" .. line .. "\ngrant methods echo\n")
      equal(lines(seen.done), "verto perm " .. SESSION .. " methods echo")
      equal(
        seen.log,
        "warning jackfield: an action is unknown or malformed, and is left out\ndebug jackfield: a login was approved\n"
      )
    end
  end,

  ["a grant that the switch refuses is told, and which one"] = function()
    local seen = login(nil, "ok\ngrant methods verto.invite\n", { gone = { [SESSION] = true } })
    assert(seen.log:match("^warning jackfield: the switch has refused to grant methods"), seen.log)
    is_silent_about_sessions(seen.log)
  end,

  ["a session that has gone before it is put out is hung up all the same"] = function()
    local answer = ("ok\nrevoke %s methods verto.invite\nout %s\n"):format(OTHER, OTHER)
    local seen = login(nil, answer, { gone = { [OTHER] = true } })
    equal(seen.done[5], "hupall NORMAL_CLEARING jsock_uuid_str " .. OTHER)
    assert(seen.log:match("^info "), seen.log)
    is_silent_about_sessions(seen.log)
  end,

  ["a connection that logs in as somebody else loses what it was given before anybody is asked"] = function()
    local variables = {}
    login(nil, "ok\ngrant methods verto.invite\n", { variables = variables })
    local seen = login({ verto_login = "another", verto_sessid = OTHER }, "punt\n", { variables = variables })
    equal(
      lines(seen.done),
      lines({
        ("verto noperm %s methods %s"):format(SESSION, EVERY_METHOD),
        ("verto noperm %s event_channels %s"):format(SESSION, EVERY_EVENT_CHANNEL),
        "msleep",
        "hupall NORMAL_CLEARING jsock_uuid_str " .. SESSION,
        "verto_punt " .. SESSION,
        "hupall NORMAL_CLEARING verto_client_address " .. ADDRESS,
      }) .. "\n" .. put_out(OTHER, ADDRESS)
    )
    equal(seen.commands[1], "verto")
    is_silent_about_sessions(seen.log)
    local third = login({ verto_login = "another", verto_sessid = OTHER }, "ok\n", { variables = variables })
    equal(lines(third.done), "")
  end,

  ["a connection that logs in as itself once more loses nothing"] = function()
    local variables = {}
    for _ = 1, 3 do
      local seen = login(nil, "ok\ngrant methods verto.invite\n", { variables = variables })
      equal(lines(seen.done), "verto perm " .. SESSION .. " methods verto.invite")
    end
  end,

  ["what a connection was given is forgotten when it goes, and not kept where nothing was"] = function()
    local variables = {}
    login(nil, "ok\n", { variables = variables })
    login(nil, "ok\ngrant methods a\n", { variables = variables, gone = { [SESSION] = true } })
    variables.script_dir = nil
    equal(next(variables), nil)
    login(nil, "ok\ngrant methods a\n", { variables = variables })
    disconnect({ verto_client_address = "127.0.0.1:1" }, "ok\n", variables)
    equal(variables["jackfield_granted_" .. ADDRESS], SESSION .. " " .. CLIENT .. "%40verto")
    disconnect({ verto_client_address = ADDRESS }, "ok\n", variables)
    variables.script_dir = nil
    equal(next(variables), nil)
  end,

  ["a disconnect never does anything else"] = function()
    for _, answer in ipairs({ "punt\n", "ok\ngrant methods a\nout " .. OTHER .. "\n", NOT_FOUND, "" }) do
      local seen = disconnect({ verto_login = "1002", verto_sessid = SESSION }, answer)
      equal(lines(seen.commands), "curl")
      assert(seen.log:match("^debug jackfield: [^\n]+\n$"), seen.log)
      is_silent_about_sessions(seen.log)
    end
  end,

  ["a hostile value stays inside its field"] = function()
    for _, value in ipairs(HOSTILE) do
      local headers = {
        verto_login = value,
        verto_sessid = value,
        verto_client_address = value,
        verto_profile_name = value,
        ["FreeSWITCH-Switchname"] = value,
      }
      for _, answer in ipairs({ "ok\ngrant methods a\nout " .. OTHER .. "\n", "punt\n", "" }) do
        local one = fields(login(headers, answer).posts[1].body)
        equal(table.concat(one, " "), FIELDS)
        equal(one.action, "verto_client_login")
        equal(one.client_id, value)
        equal(one.session_id, value)
        equal(one.client_address, value)
        equal(one.profile, value)
        equal(one.hostname, value)
      end
      local other = fields(disconnect({ verto_login = value, verto_client_address = value }, "ok\n").posts[1].body)
      equal(table.concat(other, " "), FIELDS)
      equal(other.action, "verto_client_disconnect")
      equal(other.client_id, value)
      equal(other.client_address, value)
    end
  end,

  ["an older script that looks for the word does what it did"] = function()
    local older = { folder = ".", script = "seed.lua", punts = true }
    local approvals = {
      "ok\n",
      "ok\ngrant methods verto.invite,verto.attach\ngrant event_channels presence\n",
      ("ok\nrevoke %s methods verto.invite\nout %s\n"):format(OTHER, OTHER),
    }
    for _, answer in ipairs(approvals) do
      equal(lines(login(nil, answer, older).commands), "curl")
    end
    equal(lines(login(nil, "punt\n", older).done), "verto_punt " .. SESSION)
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
