-- Lua 5.2 is what mod_lua is built with; the switch adds two globals.
std = "lua52"
max_line_length = 120
read_globals = { "freeswitch", "event" }
