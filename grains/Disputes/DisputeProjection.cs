using System.Collections.Immutable;
using Marketplace.GrainInterfaces;
using Marketplace.Storage;

namespace Marketplace.Grains;

/// <summary>The row of a dispute in the read model, and the stored form of its summary.</summary>
public sealed class DisputeProjection : IProjection
{
    private const byte Format = 1;

    public string Kind => DisputeState.Kind;

    public ListingRow? Project(string id, ReadOnlySpan<byte> content, out bool ended)
    {
        ended = false;
        var dispute = DisputeCodec.Read(content);
        return new ListingRow(
            Kind: Kind,
            Id: id,
            Owner: dispute.Ticket.Account.ToString(),
            State: DisputeFiles.StateOf(dispute.Stage),
            Label: dispute.Ticket.Spec.Program.ToString(),
            At: dispute.OpenedAt,
            Summary: Summarize(dispute)
        );
    }

    /// <exception cref="InvalidDataException">The row is not one of a dispute.</exception>
    internal static DisputeSummary Read(ListingRow row)
    {
        var reader = new CompactReader(row.Summary.Span);
        reader.Version(Format, "The summary of a dispute");
        var summary = new DisputeSummary(
            Job: JobId.Parse(row.Id),
            State: row.State,
            OpenedAt: row.At,
            DecidedAt: reader.Flag() ? reader.Time() : null,
            Results: reader.Count(),
            Seats: ReadWorkers(ref reader),
            Jurors: ReadWorkers(ref reader),
            Losers: ReadWorkers(ref reader),
            Slashed: reader.Amount()
        );
        reader.End();
        return summary;
    }

    private static ReadOnlyMemory<byte> Summarize(DisputeState dispute)
    {
        var writer = new CompactWriter(256);
        writer.Byte(Format);
        writer.Flag(dispute.DecidedAt is not null);
        if (dispute.DecidedAt is { } at)
        {
            writer.Time(at);
        }
        writer.Count(dispute.Results.Length);
        Write(writer, dispute.Seats.Select(vote => vote.Worker));
        Write(writer, dispute.Jurors.Select(vote => vote.Worker));
        Write(writer, dispute.Losses.Select(loss => loss.Worker));
        writer.Amount(dispute.Losses.Aggregate(TokenAmount.Zero, (sum, loss) => sum + (loss.Taken ?? TokenAmount.Zero)));
        return writer.Finish();
    }

    private static void Write(CompactWriter writer, IEnumerable<WorkerId> workers)
    {
        WorkerId[] all = [.. workers];
        writer.Count(all.Length);
        foreach (var worker in all)
        {
            writer.Id(worker.Value);
        }
    }

    private static ImmutableArray<WorkerId> ReadWorkers(ref CompactReader reader)
    {
        var workers = new WorkerId[reader.Items(Bytes32.Size)];
        for (var index = 0; index < workers.Length; index++)
        {
            workers[index] = new WorkerId(reader.Id());
        }
        return ImmutableArray.Create(workers);
    }
}
