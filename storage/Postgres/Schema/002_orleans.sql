-- What Orleans keeps here when more than one silo runs: who the silos are, and which reminders are due.
--
-- Its ADO.NET providers read the statements that they run from a table OrleansQuery, by key. The keys, the parameters (@Name) and the names of the result
-- columns are their contract; tables and statements are ours. They find the table by the search path, so everything stands in a schema of its own.
-- Every statement is one command, and so one transaction of its own.

create schema orleans;

create table orleans.OrleansQuery (
    QueryKey text primary key,
    QueryText text not null
);

-- Membership. One row per cluster counts the changes: whoever changes a member must have seen the last change, else it reads again.
create table orleans.cluster (
    cluster_id text primary key,
    version integer not null
);

create table orleans.member (
    cluster_id text not null references orleans.cluster,
    address text not null,
    port integer not null,
    generation integer not null,
    silo_name text not null,
    host_name text not null,
    status integer not null,
    proxy_port integer not null,
    suspect_times text,
    start_time timestamptz not null,
    alive_at timestamptz not null,
    primary key (cluster_id, address, port, generation)
);

insert into orleans.OrleansQuery(QueryKey, QueryText) values
('InsertMembershipVersionKey', '
    with added as (
        insert into orleans.cluster(cluster_id, version) values(@DeploymentId, 0)
        on conflict do nothing
        returning 1)
    select exists(select from added)'),

-- A reader needs the version also where there is no member: hence the outer joins.
('MembershipReadAllKey', '
    select c.version as Version, m.address as Address, m.port as Port, m.generation as Generation, m.silo_name as SiloName, m.host_name as HostName,
        m.status as Status, m.proxy_port as ProxyPort, m.suspect_times as SuspectTimes, m.start_time as StartTime, m.alive_at as IAmAliveTime
    from orleans.cluster c
    left join orleans.member m on m.cluster_id = c.cluster_id
    where c.cluster_id = @DeploymentId'),

('MembershipReadRowKey', '
    select c.version as Version, m.address as Address, m.port as Port, m.generation as Generation, m.silo_name as SiloName, m.host_name as HostName,
        m.status as Status, m.proxy_port as ProxyPort, m.suspect_times as SuspectTimes, m.start_time as StartTime, m.alive_at as IAmAliveTime
    from orleans.cluster c
    left join orleans.member m
        on m.cluster_id = c.cluster_id and m.address = @Address and m.port = @Port and m.generation = @Generation
    where c.cluster_id = @DeploymentId'),

-- The version's row is the lock: of two silos that change members at once, the second one waits here and then finds another version.
('InsertMembershipKey', '
    with counted as (
        update orleans.cluster set version = version + 1
        where cluster_id = @DeploymentId and version = @Version
            and not exists(
                select from orleans.member
                where cluster_id = @DeploymentId and address = @Address and port = @Port and generation = @Generation)
        returning cluster_id),
    added as (
        insert into orleans.member(
            cluster_id, address, port, generation, silo_name, host_name, status, proxy_port, start_time, alive_at)
        select cluster_id, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime
        from counted
        returning 1)
    select exists(select from added)'),

('UpdateMembershipKey', '
    with counted as (
        update orleans.cluster set version = version + 1
        where cluster_id = @DeploymentId and version = @Version
            and exists(
                select from orleans.member
                where cluster_id = @DeploymentId and address = @Address and port = @Port and generation = @Generation)
        returning cluster_id),
    changed as (
        update orleans.member m set status = @Status, suspect_times = @SuspectTimes, alive_at = @IAmAliveTime
        from counted
        where m.cluster_id = counted.cluster_id and m.address = @Address and m.port = @Port and m.generation = @Generation
        returning 1)
    select exists(select from changed)'),

-- A sign of life changes no membership: it must not make the others read again.
('UpdateIAmAlivetimeKey', '
    update orleans.member set alive_at = @IAmAliveTime
    where cluster_id = @DeploymentId and address = @Address and port = @Port and generation = @Generation'),

('GatewaysQueryKey', '
    select address as Address, proxy_port as ProxyPort, generation as Generation
    from orleans.member
    where cluster_id = @DeploymentId and status = @Status and proxy_port > 0'),

('DeleteMembershipTableEntriesKey', '
    with members as (delete from orleans.member where cluster_id = @DeploymentId)
    delete from orleans.cluster where cluster_id = @DeploymentId'),

-- 3 is Active: such a member may be alive and cut off from the database only; the others vote on it.
('CleanupDefunctSiloEntriesKey', '
    delete from orleans.member where cluster_id = @DeploymentId and alive_at < @IAmAliveTime and status <> 3');

-- Reminders. The silos share them out by ranges of the grain's hash; a range may pass the end of the ring.
create table orleans.reminder (
    service_id text not null,
    grain_id text not null,
    name text not null,
    grain_hash integer not null,
    start_time timestamptz not null,
    period_ms bigint not null,
    version integer not null,
    primary key (service_id, grain_id, name)
);

create index reminder_by_hash on orleans.reminder(service_id, grain_hash);

insert into orleans.OrleansQuery(QueryKey, QueryText) values
('ReadReminderRowsKey', '
    select grain_id as GrainId, name as ReminderName, start_time as StartTime, period_ms as Period, version as Version
    from orleans.reminder
    where service_id = @ServiceId and grain_id = @GrainId'),

('ReadReminderRowKey', '
    select grain_id as GrainId, name as ReminderName, start_time as StartTime, period_ms as Period, version as Version
    from orleans.reminder
    where service_id = @ServiceId and grain_id = @GrainId and name = @ReminderName'),

('ReadRangeRows1Key', '
    select grain_id as GrainId, name as ReminderName, start_time as StartTime, period_ms as Period, version as Version
    from orleans.reminder
    where service_id = @ServiceId and grain_hash > @BeginHash and grain_hash <= @EndHash'),

('ReadRangeRows2Key', '
    select grain_id as GrainId, name as ReminderName, start_time as StartTime, period_ms as Period, version as Version
    from orleans.reminder
    where service_id = @ServiceId and (grain_hash > @BeginHash or grain_hash <= @EndHash)'),

('UpsertReminderRowKey', '
    insert into orleans.reminder(service_id, grain_id, name, grain_hash, start_time, period_ms, version)
    values(@ServiceId, @GrainId, @ReminderName, @GrainHash, @StartTime, @Period, 0)
    on conflict (service_id, grain_id, name)
    do update set start_time = excluded.start_time, period_ms = excluded.period_ms, version = reminder.version + 1
    returning version as Version'),

('DeleteReminderRowKey', '
    with gone as (
        delete from orleans.reminder
        where service_id = @ServiceId and grain_id = @GrainId and name = @ReminderName and version = @Version
        returning 1)
    select exists(select from gone)'),

('DeleteReminderRowsKey', 'delete from orleans.reminder where service_id = @ServiceId');
