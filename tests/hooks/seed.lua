-- A login script as they were before answers had more than one line: it looks for the word, and does nothing else.

local event, freeswitch = event, freeswitch

if event:getHeader("verto_success") == "1" then
  local session_id = event:getHeader("verto_sessid")
  local form = ("hostname=%s&action=verto_client_login&client_id=%s&session_id=%s"):format(
    event:getHeader("FreeSWITCH-Hostname"),
    event:getHeader("verto_login"),
    session_id
  )
  local answer = freeswitch.API():execute(
    "curl",
    "http://127.0.0.1:8080/fsapi connect-timeout 2 timeout 2 post " .. form
  )
  if answer:find("punt") then
    freeswitch.consoleLog("notice", "punted\n")
    freeswitch.API():execute("verto_punt", session_id)
  end
end
