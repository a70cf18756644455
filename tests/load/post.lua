-- One look-up a connection, as mod_xml_curl sends it.
local file = assert(io.open(os.getenv("BODY"), "rb"))
wrk.method = "POST"
wrk.body = file:read("*a")
wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
wrk.headers["User-Agent"] = "freeswitch-xml/1.0"
wrk.headers["Connection"] = "close"
file:close()
