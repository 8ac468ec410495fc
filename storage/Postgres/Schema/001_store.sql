-- Documents, their rows of the read model, and event streams.
--
-- Names are compared by their bytes (collate "C"): as ids are, as SQLite does it, and whatever the locale of the server is.

create table market.documents (
    kind text collate "C" not null,
    id text collate "C" not null,
    version bigint not null,
    -- CRC-32C over version, id and content.
    checksum bigint not null,
    content bytea not null,
    -- The row of the read model, written by the same statement; all null where the document has none.
    owner text collate "C",
    state text collate "C",
    label text collate "C",
    -- Ticks of 100 ns since year 1, UTC.
    at bigint,
    summary bytea,
    primary key (kind, id)
);

-- What is stored is compact already: compressing it again costs the processor that all silos share.
alter table market.documents alter column content set storage external, alter column summary set storage external;

-- Without the id: rows of one moment are few, and are sorted when they are read.
create index documents_at on market.documents (kind, at) where at is not null;
create index documents_owner on market.documents (kind, owner, at) where at is not null;
create index documents_state on market.documents (kind, state, at) where at is not null;
create index documents_label on market.documents (kind, label, at) where at is not null;

create view market.listing as
    select kind, id, owner, state, label, at, summary from market.documents where at is not null;

-- The unique (stream, version) decides which of two appends came first.
create table market.log (
    stream text collate "C" not null,
    version bigint not null,
    -- CRC-32C over version, stream and content.
    checksum bigint not null,
    content bytea not null,
    primary key (stream, version)
);

alter table market.log alter column content set storage external;
