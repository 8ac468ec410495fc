using System.Collections.Immutable;
using System.Text;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>
/// What a waiting job takes, and which part of it only its run needs: the cargo. Matching needs no cargo, so a long queue keeps it only on
/// disk.
/// </summary>
internal static class JobSizes
{
    /// <summary>
    /// What every waiting job takes beside its cargo: ids, numbers, its row in the lists, its hold, its place in the queue.
    /// </summary>
    public const int FixedBytes = 1024;

    /// <summary>A file's blob id, or the length of a text.</summary>
    private const int ItemBytes = 32;

    /// <param name="spec">What to run.</param>
    /// <param name="requestId">The client's id.</param>
    /// <param name="refusals">What its account refuses; null: nothing, or it is not known yet.</param>
    public static int Of(JobSpec spec, string requestId, RefusalList? refusals = null)
    {
        var size = FixedBytes + spec.Input.Length + requestId.Length + TextSize(spec.EntryPoint);
        foreach (var argument in OrNone(spec.Arguments))
        {
            size += TextSize(argument);
        }
        foreach (var file in OrNone(spec.Files))
        {
            size += TextSize(file.Name);
        }
        foreach (var variable in OrNone(spec.Environment))
        {
            size += TextSize(variable.Name) + TextSize(variable.Value);
        }
        if (spec.Needs is { } needs)
        {
            size += OrNone(needs.Labels).Sum(TextSize);
            size += ItemBytes * (OrNone(needs.RefusedWorkers).Length + OrNone(needs.RefusedOwners).Length);
        }
        if (refusals is not null)
        {
            size += ItemBytes * (refusals.Workers.Length + refusals.Owners.Length);
        }
        return size + TextSize(spec.Group?.Name);
    }

    public static JobTicket WithoutCargo(JobTicket ticket) =>
        ticket with
        {
            Spec = ticket.Spec with
            {
                EntryPoint = null,
                Input = default,
                InputBlob = null,
                Arguments = [],
                Files = default,
                Environment = default,
            },
        };

    private static int TextSize(string? text) => text is null ? 0 : ItemBytes + Encoding.UTF8.GetByteCount(text);

    private static ImmutableArray<TItem> OrNone<TItem>(ImmutableArray<TItem> items) => items.IsDefault ? [] : items;
}
