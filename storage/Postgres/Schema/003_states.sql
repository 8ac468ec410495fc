-- States of grains that Orleans's own storage keeps: those without a row in the read model, which only their grain reads.
--
-- A state's name is the kind that a document of it would have, the grain's key its id. Orleans also splits keys that look like numbers; it hands over hashes
-- for an index, which the primary key makes needless.

create table orleans.state (
    service_id text not null,
    name text collate "C" not null,
    key text collate "C" not null,
    key_high bigint not null,
    key_low bigint not null,
    version integer not null,
    content bytea not null,
    primary key (service_id, name, key, key_high, key_low)
);

insert into orleans.OrleansQuery(QueryKey, QueryText) values
-- What a document kept before this table was there, or what an import brought, counts until the first write. It has no version, so that write inserts.
('ReadFromStorageKey', '
    select content as PayloadBinary, version as Version
    from orleans.state
    where service_id = @ServiceId and name = @GrainTypeString and key = coalesce(@GrainIdExtensionString::text, '''')
        and key_high = @GrainIdN0 and key_low = @GrainIdN1
    union all
    select content, null
    from market.documents
    where kind = @GrainTypeString and id = @GrainIdExtensionString::text
        and not exists(
            select from orleans.state
            where service_id = @ServiceId and name = @GrainTypeString and key = @GrainIdExtensionString::text
                and key_high = @GrainIdN0 and key_low = @GrainIdN1)'),

-- The version that was given means that nothing was written: another one was there.
('WriteToStorageKey', '
    with changed as (
        update orleans.state set content = @PayloadBinary, version = version + 1
        where service_id = @ServiceId and name = @GrainTypeString and key = coalesce(@GrainIdExtensionString::text, '''')
            and key_high = @GrainIdN0 and key_low = @GrainIdN1 and version = @GrainStateVersion::integer
        returning version),
    added as (
        insert into orleans.state(service_id, name, key, key_high, key_low, version, content)
        select @ServiceId, @GrainTypeString, coalesce(@GrainIdExtensionString::text, ''''), @GrainIdN0, @GrainIdN1, 1, @PayloadBinary
        where @GrainStateVersion::integer is null
        on conflict do nothing
        returning version)
    select coalesce((select version from changed union all select version from added), @GrainStateVersion::integer) as NewGrainStateVersion'),

('ClearStorageKey', '
    with gone as (
        delete from orleans.state
        where service_id = @ServiceId and name = @GrainTypeString and key = coalesce(@GrainIdExtensionString::text, '''')
            and key_high = @GrainIdN0 and key_low = @GrainIdN1 and version = @GrainStateVersion::integer
        returning version)
    select coalesce((select version + 1 from gone), @GrainStateVersion::integer) as NewGrainStateVersion');

insert into orleans.OrleansQuery(QueryKey, QueryText)
select 'DeleteStorageKey', QueryText from orleans.OrleansQuery where QueryKey = 'ClearStorageKey';
