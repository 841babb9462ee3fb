BEGIN TRANSACTION;
CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY);
INSERT INTO "alembic_version" VALUES('0004');
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
INSERT INTO "datasets" VALUES('066128abe20caeb86e75e62b',NULL,'default','kept signs','2026-11-26T07:12:50.568390+00:00');
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
INSERT INTO "items" VALUES('066128abe2872c9e646f6c89',NULL,'066128abe20caeb86e75e62b','kept.png','/','image/png',10,'2026-11-26T07:12:50.602674+00:00','9ed97c950c330a5b556b00fe9d46390594f0a34437886edd034c323444fbd7d8',NULL,'{"n": 1}','{}','[{"label": "stop", "type": "classification"}]','["stop"]');
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
INSERT INTO "notifications" VALUES('066128abe2b15c4508314aba','kept message','','info',NULL,NULL,'2026-11-26T07:12:50.610544+00:00',0);
CREATE TABLE projects (
	id VARCHAR NOT NULL, 
	creation_key VARCHAR, 
	name VARCHAR NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "projects" VALUES('default',NULL,'Default project');
CREATE TABLE users (
	name VARCHAR NOT NULL, 
	role VARCHAR NOT NULL, 
	token_sha256 VARCHAR NOT NULL, 
	PRIMARY KEY (name), 
	UNIQUE (token_sha256)
);
INSERT INTO "users" VALUES('kept','owner','071a0d955d8635df44e550edd0d8b4cee1e45b8f2e25135693e2386ff2aca5d5');
CREATE UNIQUE INDEX ix_projects_creation_key ON projects (creation_key);
CREATE INDEX ix_executions_status ON executions (status);
CREATE INDEX ix_executions_dataset_id ON executions (dataset_id);
CREATE INDEX items_by_name ON items (dataset_id, lower(name), id);
CREATE INDEX ix_items_content ON items (content);
CREATE INDEX items_by_folder ON items (dataset_id, folder, lower(name), id);
CREATE INDEX items_in_order ON items (dataset_id, id);
CREATE INDEX items_by_size ON items (dataset_id, size, id);
CREATE INDEX ix_items_thumbnail ON items (thumbnail);
CREATE INDEX ix_client_vectors_item_id ON client_vectors (item_id);
COMMIT;
