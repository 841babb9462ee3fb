BEGIN TRANSACTION;
CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY);
INSERT INTO "alembic_version" VALUES('0003');
CREATE TABLE apps (
	name VARCHAR NOT NULL, 
	path VARCHAR, 
	enabled BOOLEAN NOT NULL, 
	PRIMARY KEY (name)
);
CREATE TABLE client_feature_sets (
	id VARCHAR NOT NULL, 
	project_id VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	size INTEGER NOT NULL, 
	type VARCHAR NOT NULL, 
	model VARCHAR, 
	created VARCHAR NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(project_id) REFERENCES projects (id) ON DELETE CASCADE
);
CREATE TABLE client_vectors (
	id VARCHAR NOT NULL, 
	feature_set_id VARCHAR NOT NULL, 
	item_id VARCHAR NOT NULL, 
	value BLOB NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (feature_set_id, item_id), 
	FOREIGN KEY(feature_set_id) REFERENCES client_feature_sets (id) ON DELETE CASCADE, 
	FOREIGN KEY(item_id) REFERENCES items (id) ON DELETE CASCADE
);
CREATE TABLE datasets (
	id VARCHAR NOT NULL, 
	creation_key VARCHAR, 
	project_id VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	created VARCHAR NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (creation_key), 
	FOREIGN KEY(project_id) REFERENCES projects (id) ON DELETE CASCADE
);
INSERT INTO "datasets" VALUES('06611d6234d41024f876e24a',NULL,'default','kept signs','2026-11-25T17:44:49.839143+00:00');
CREATE TABLE executions (
	id VARCHAR NOT NULL, 
	creation_key VARCHAR, 
	app VARCHAR NOT NULL, 
	function VARCHAR NOT NULL, 
	dataset_id VARCHAR, 
	inputs JSON NOT NULL, 
	status VARCHAR NOT NULL, 
	progress DOUBLE NOT NULL, 
	message VARCHAR NOT NULL, 
	attempts INTEGER NOT NULL, 
	created VARCHAR NOT NULL, 
	started VARCHAR, 
	ended VARCHAR, 
	output JSON, 
	error VARCHAR, 
	log VARCHAR NOT NULL, 
	cancel_requested BOOLEAN NOT NULL, 
	owner VARCHAR NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (creation_key)
);
CREATE TABLE feature_sets (
	id VARCHAR NOT NULL, 
	app VARCHAR NOT NULL, 
	dataset_id VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	size INTEGER NOT NULL, 
	model VARCHAR NOT NULL, 
	fingerprint VARCHAR NOT NULL, 
	count INTEGER NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(dataset_id) REFERENCES datasets (id) ON DELETE CASCADE
);
CREATE TABLE items (
	id VARCHAR NOT NULL, 
	creation_key VARCHAR, 
	dataset_id VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	folder VARCHAR NOT NULL, 
	mimetype VARCHAR NOT NULL, 
	size INTEGER NOT NULL, 
	created VARCHAR NOT NULL, 
	content VARCHAR NOT NULL, 
	thumbnail VARCHAR, 
	user_metadata JSON NOT NULL, 
	system_metadata JSON NOT NULL, 
	annotations JSON NOT NULL, 
	labels JSON NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (creation_key), 
	FOREIGN KEY(dataset_id) REFERENCES datasets (id) ON DELETE CASCADE
);
INSERT INTO "items" VALUES('06611d623612f0db1bcb48de',NULL,'06611d6234d41024f876e24a','kept.png','/','image/png',10,'2026-11-25T17:44:49.927821+00:00','9ed97c950c330a5b556b00fe9d46390594f0a34437886edd034c323444fbd7d8',NULL,'{"n": 1}','{}','[{"label": "stop", "type": "classification"}]','["stop"]');
CREATE TABLE notifications (
	id VARCHAR NOT NULL, 
	title VARCHAR NOT NULL, 
	text VARCHAR NOT NULL, 
	level VARCHAR NOT NULL, 
	dataset_id VARCHAR, 
	execution_id VARCHAR, 
	created VARCHAR NOT NULL, 
	read BOOLEAN NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "notifications" VALUES('06611d62367b98bcba52f5dc','kept message','','info',NULL,NULL,'2026-11-25T17:44:49.947563+00:00',0);
CREATE TABLE projects (
	id VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "projects" VALUES('default','Default project');
CREATE TABLE users (
	name VARCHAR NOT NULL, 
	role VARCHAR NOT NULL, 
	token_sha256 VARCHAR NOT NULL, 
	PRIMARY KEY (name), 
	UNIQUE (token_sha256)
);
INSERT INTO "users" VALUES('kept','owner','1af2e1dab43e5300f9056075ce653ad752db999691aab71559a8680f4cfb5efd');
CREATE INDEX ix_executions_dataset_id ON executions (dataset_id);
CREATE INDEX ix_executions_status ON executions (status);
CREATE INDEX ix_items_thumbnail ON items (thumbnail);
CREATE INDEX items_in_order ON items (dataset_id, id);
CREATE INDEX items_by_name ON items (dataset_id, lower(name), id);
CREATE INDEX items_by_folder ON items (dataset_id, folder, lower(name), id);
CREATE INDEX items_by_size ON items (dataset_id, size, id);
CREATE INDEX ix_items_content ON items (content);
CREATE INDEX ix_client_vectors_item_id ON client_vectors (item_id);
COMMIT;
