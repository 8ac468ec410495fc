using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>The stored form of a dispute.</summary>
internal static class DisputeCodec
{
    private const byte Format = 1;

    // The least bytes of each: with them damaged data cannot ask for much memory.
    private const int ResultSizeMin = 64;
    private const int VoteSizeMin = 160;
    private const int LossSizeMin = 33;

    public static ReadOnlyMemory<byte> Write(DisputeState dispute)
    {
        var writer = new CompactWriter(2048);
        writer.Byte(Format);
        Write(writer, dispute.Ticket);
        writer.OptionalId(dispute.Root?.Value);
        writer.Count(dispute.Results.Length);
        foreach (var result in dispute.Results)
        {
            Write(writer, result);
        }
        Write(writer, dispute.Seats);
        writer.OptionalId(dispute.Accepted);
        writer.Byte((byte)dispute.Stage);
        writer.Time(dispute.OpenedAt);
        writer.Text(dispute.Reason);
        Write(writer, dispute.Jurors);
        writer.OptionalId(dispute.Verdict);
        writer.Flag(dispute.DecidedAt is not null);
        if (dispute.DecidedAt is { } decidedAt)
        {
            writer.Time(decidedAt);
        }
        writer.Count(dispute.Losses.Length);
        foreach (var loss in dispute.Losses)
        {
            writer.Id(loss.Worker.Value);
            writer.Flag(loss.Taken is not null);
            if (loss.Taken is { } taken)
            {
                writer.Amount(taken);
                StakeLoss.WritePayees(writer, loss.Paid);
            }
        }
        writer.Count(dispute.Uncleared.Length);
        foreach (var worker in dispute.Uncleared)
        {
            writer.Id(worker.Value);
        }
        return writer.Finish();
    }

    public static DisputeState Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new CompactReader(bytes);
        reader.Version(Format, "A dispute");
        var ticket = ReadTicket(ref reader);
        StateRoot? root = reader.OptionalId() is { } value ? new StateRoot(value) : null;
        var dispute = new DisputeState(
            Ticket: ticket,
            Root: root,
            Results: ReadResults(ref reader),
            Seats: ReadVotes(ref reader),
            Accepted: reader.OptionalId(),
            Stage: ReadStage(ref reader),
            OpenedAt: reader.Time()
        )
        {
            Reason = reader.Text(),
            Jurors = ReadVotes(ref reader),
            Verdict = reader.OptionalId(),
            DecidedAt = reader.Flag() ? reader.Time() : null,
            Losses = ReadLosses(ref reader),
            Uncleared = ReadWorkers(ref reader),
        };
        reader.End();
        return dispute;
    }

    private static void Write(CompactWriter writer, JobTicket ticket)
    {
        writer.Id(ticket.Job.Value);
        writer.Id(ticket.Account.Value);
        JobSpecCodec.Write(writer, ticket.Spec);
        writer.Id(ticket.Module.Value);
        writer.Flag(ticket.UsesState);
        writer.Time(ticket.SubmittedAt);
        writer.Text(ticket.RequestId);
        writer.Flag(ticket.Refusals is not null);
        if (ticket.Refusals is { } refusals)
        {
            RefusalListCodec.Write(writer, refusals);
        }
    }

    private static JobTicket ReadTicket(ref CompactReader reader) =>
        new(
            Job: new JobId(reader.Id()),
            Account: new AccountId(reader.Id()),
            Spec: JobSpecCodec.Read(ref reader),
            Module: new BlobId(reader.Id()),
            UsesState: reader.Flag(),
            SubmittedAt: reader.Time(),
            RequestId: reader.Text(),
            Refusals: reader.Flag() ? RefusalListCodec.Read(ref reader) : null
        );

    private static void Write(CompactWriter writer, KnownResult known)
    {
        var result = known.Result;
        writer.Id(known.Execution);
        writer.Id(known.Profile);
        writer.OptionalId(known.RootAfter?.Value);
        writer.Count((int)result.Outcome);
        writer.Signed(result.ExitCode);
        writer.Signed(result.FuelUsed);
        RunCodec.WriteOutput(writer, new JobOutput(default, result.Output, 0, result.Files));
        writer.OptionalId(result.Writes.IsZero ? null : result.Writes);
    }

    private static ImmutableArray<KnownResult> ReadResults(ref CompactReader reader)
    {
        var results = new KnownResult[reader.Items(ResultSizeMin)];
        for (var index = 0; index < results.Length; index++)
        {
            var (execution, profile) = (reader.Id(), reader.Id());
            StateRoot? after = reader.OptionalId() is { } root ? new StateRoot(root) : null;
            var outcome = (RunOutcome)reader.Count();
            if (!Enum.IsDefined(outcome))
            {
                throw new InvalidDataException($"Stored bytes are damaged: a disputed run with the outcome {(int)outcome}.");
            }
            var (exitCode, fuel) = (reader.Signed(), reader.Signed());
            var output = RunCodec.ReadOutput(ref reader);
            var writes = reader.OptionalId() ?? default;
            var files = output.Files.IsDefault ? [] : output.Files;
            results[index] = new KnownResult(
                execution,
                new CastResult(outcome, checked((int)exitCode), fuel, output.Blob, files, writes),
                profile,
                after
            );
        }
        return ImmutableArray.Create(results);
    }

    private static void Write(CompactWriter writer, ImmutableArray<CastVote> votes)
    {
        writer.Count(votes.Length);
        foreach (var vote in votes)
        {
            writer.Id(vote.Worker.Value);
            writer.Id(vote.PayTo.Value);
            writer.Amount(vote.Price);
            writer.Id(vote.Execution);
            RunProofCodec.WriteSignature(writer, vote.Signed);
        }
    }

    private static ImmutableArray<CastVote> ReadVotes(ref CompactReader reader)
    {
        var votes = new CastVote[reader.Items(VoteSizeMin)];
        for (var index = 0; index < votes.Length; index++)
        {
            var (worker, payTo, price) = (new WorkerId(reader.Id()), new AccountId(reader.Id()), reader.Amount());
            votes[index] = new CastVote(
                Worker: worker,
                PayTo: payTo,
                Price: price,
                Execution: reader.Id(),
                Result: null,
                Signed: RunProofCodec.ReadSignature(ref reader)
            );
        }
        return ImmutableArray.Create(votes);
    }

    private static DisputeStage ReadStage(ref CompactReader reader)
    {
        var stage = (DisputeStage)reader.Byte();
        return Enum.IsDefined(stage)
            ? stage
            : throw new InvalidDataException($"Stored bytes are damaged: a dispute at stage {(int)stage}.");
    }

    private static ImmutableArray<Loss> ReadLosses(ref CompactReader reader)
    {
        var losses = new Loss[reader.Items(LossSizeMin)];
        for (var index = 0; index < losses.Length; index++)
        {
            var worker = new WorkerId(reader.Id());
            losses[index] = reader.Flag()
                ? new Loss(worker, reader.Amount(), StakeLoss.ReadPayees(ref reader))
                : new Loss(worker, null, []);
        }
        return ImmutableArray.Create(losses);
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
