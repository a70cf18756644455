DROP TABLE clients;
DROP TABLE channels;
DROP FUNCTION note_clients();
DROP FUNCTION note_channels();
