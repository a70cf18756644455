"""The demo data of `jackfield serve --demo`, as far as the suite uses it: change a number here, and nowhere else."""

DOMAIN = "pbx.example.test"
USERS = [str(number) for number in range(1000, 1020)]
UNKNOWN_USER = "4711"
REFUSED_USER = "1004"  # every wrong password of the suite is tried on this one: see the allowances in switch_log.py

CONTEXT = "default"  # where calls of registered users are routed
SIP_PROFILE = "internal"
SIP_PORT = 5060
VERTO_PORT = 8081

GROUP = "sales"
GROUP_NUMBER = "2000"
GROUP_MEMBERS = ["1000", "1001"]
ROOM = "3000"
QUEUE = "support@default"
QUEUE_NUMBERS = ["4000", "6000"]  # the one that `serve --demo` prints beside the queue's name is used
QUEUE_AGENTS = ["1000", "1001"]
MENU = "demo"
MENU_NUMBER = "5000"
MENU_TO_ECHO = "3"  # a key in the menu
MENU_TO_SUB_MENU = "2"
SUB_MENU_TO_ROOM = "1"  # a key in the menu below it
ECHO_NUMBER = "9196"
VOICEMAIL_NUMBER = "*98"
VOICEMAIL_OPTIONS = "5"  # a key in the mailbox's menu
VOICEMAIL_PIN = "6"  # a key among the options
VOICEMAIL_DELETE = "7"  # the key that deletes the message just heard
UNKNOWN_NUMBER = "7999"
