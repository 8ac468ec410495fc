namespace Marketplace.Storage;

/// <summary>Rebuilds the memory from the journal's records.</summary>
internal sealed class StoreReplay(StoreMemory memory, string journal, long now)
{
    public void Apply(JournalRecord record)
    {
        memory.DurableSequence = record.Sequence;
        switch (record.Kind)
        {
            case JournalRecordKind.DocumentWritten:
            case JournalRecordKind.DocumentDeleted:
                ApplyDocument(record);
                break;
            case JournalRecordKind.EntriesAppended:
                ApplyEntries(record);
                break;
            default:
                throw Impossible(record, $"its kind {(byte)record.Kind} is not known");
        }
    }

    private void ApplyDocument(JournalRecord record)
    {
        var key = new DocumentKey(record.Name, record.Id);
        var hash = memory.HashOf(key);
        var entry = memory.Find(key, hash);
        var deleted = record.Kind == JournalRecordKind.DocumentDeleted;
        if (entry is null)
        {
            memory.Add(entry = new DocumentEntry(key, hash));
        }
        else if (entry.NewestVersion + 1 != record.Version)
        {
            throw Impossible(record, $"it is version {record.Version} of '{key}', which was at {entry.NewestVersion}");
        }
        entry.Durable = deleted ? null : new StoredDocument(record.Version, record.Payload);
        entry.NewestVersion = deleted ? 0 : record.Version;
        memory.Enqueue(entry, record.Sequence, JournalFormat.Padded(record.Length), now);
    }

    private void ApplyEntries(JournalRecord record)
    {
        var stream = record.Name;
        var hash = memory.HashOf(stream);
        var entry = memory.Find(stream, hash);
        if (entry is null)
        {
            memory.Add(entry = new StreamEntry(stream, hash));
        }
        else if (entry.NewestVersion + 1 != record.Version)
        {
            throw Impossible(record, $"it is entry {record.Version} of '{stream}', which was at {entry.NewestVersion}");
        }
        var version = record.Version;
        foreach (var content in record.Entries())
        {
            entry.Unfolded.Add(new LogEntry(version++, content));
        }
        entry.NewestVersion = version - 1;
        memory.Enqueue(entry, record.Sequence, JournalFormat.Padded(record.Length), now);
    }

    // The checksum fits, so this was written: by a faulty program, not by a faulty disk.
    private StoreDamagedException Impossible(JournalRecord record, string what) =>
        new(journal, 0, $"record {record.Sequence} cannot follow the ones before it: {what}. This is a bug in the store.");
}
