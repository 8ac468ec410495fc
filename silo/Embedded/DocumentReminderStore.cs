using System.Text.Json;
using System.Text.Json.Serialization;
using Marketplace.GrainHost.Reminders;
using Marketplace.Storage;

namespace Marketplace.Silo;

/// <summary>
/// The embedded host's reminders as documents, one each. One host at a time uses a store, so a conflict is a bug and stays an exception.
/// </summary>
internal sealed partial class DocumentReminderStore(IDocumentStore documents) : IReminderStore
{
    private const string Kind = "reminder";

    public async Task<IReadOnlyList<Reminder>> ReadAll(CancellationToken cancellationToken)
    {
        var reminders = new List<Reminder>();
        await foreach (var (_, document) in documents.Scan(Kind, cancellationToken))
        {
            reminders.Add(JsonSerializer.Deserialize(document.Content.Span, ReminderJson.Default.Stored)!.ToReminder());
        }
        return reminders;
    }

    public async Task Put(Reminder reminder, CancellationToken cancellationToken)
    {
        var key = Key(reminder.Grain, reminder.Name);
        var known = await documents.Read(key, cancellationToken);
        await documents.Write(
            key,
            known?.Version ?? 0,
            JsonSerializer.SerializeToUtf8Bytes(Stored.From(reminder), ReminderJson.Default.Stored)
        );
    }

    public async Task Remove(GrainId grain, string name, CancellationToken cancellationToken)
    {
        var key = Key(grain, name);
        if (await documents.Read(key, cancellationToken) is { } known)
        {
            await documents.Delete(key, known.Version);
        }
    }

    private static DocumentKey Key(GrainId grain, string name) => new(Kind, $"{grain}/{name}");

    /// <summary>The stored form: version 1.</summary>
    internal sealed record Stored(int Version, string Grain, string Name, DateTimeOffset FirstDue, TimeSpan Period)
    {
        public static Stored From(Reminder reminder) =>
            new(1, reminder.Grain.ToString(), reminder.Name, reminder.FirstDue, reminder.Period);

        public Reminder ToReminder() =>
            Version == 1
                ? new Reminder(GrainId.Parse(Grain), Name, FirstDue, Period)
                : throw new InvalidDataException(
                    $"A reminder is stored in version {Version}; this silo reads version 1. Start the newer silo again."
                );
    }

    [JsonSerializable(typeof(Stored))]
    private sealed partial class ReminderJson : JsonSerializerContext;
}
