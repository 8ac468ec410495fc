using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>What the operator has decided.</summary>
/// <param name="Revision">Counts the decisions.</param>
/// <param name="Workers">Those decided longest ago first; no worker is there twice.</param>
internal sealed record AdmissionDecisions(long Revision, ImmutableArray<DecidedWorker> Workers)
{
    /// <summary>The name of the state.</summary>
    public const string Kind = "admissions";

    private const byte Format = 1;
    private const int WorkerSizeMin = Bytes32.Size + 1;
    private const int DecisionSizeMin = Bytes32.Size + 4;

    public static AdmissionDecisions None { get; } = new(0, []);

    public DecidedWorker? Find(WorkerId worker) => Workers.FirstOrDefault(decided => decided.Worker == worker);

    /// <summary>In the place of what was decided of the worker before, which is kept behind it.</summary>
    public AdmissionDecisions With(WorkerId worker, AdmissionDecision decision)
    {
        var earlier = Find(worker)?.Decisions ?? [];
        var kept = Workers.RemoveAll(decided => decided.Worker == worker);
        if (kept.Length >= AdmissionPolicy.DecisionsMax && kept.FirstOrDefault(decided => !decided.Last.Order.Admitted) is { } oldest)
        {
            kept = kept.Remove(oldest);
        }
        var decisions = earlier.TakeLast(AdmissionPolicy.DecisionsOfWorkerMax - 1).Append(decision);
        return new AdmissionDecisions(Revision + 1, kept.Add(new DecidedWorker(worker, [.. decisions])));
    }

    public static ReadOnlyMemory<byte> Write(AdmissionDecisions state)
    {
        var writer = new CompactWriter(1024);
        writer.Byte(Format);
        writer.Signed(state.Revision);
        writer.Count(state.Workers.Length);
        foreach (var (worker, decisions) in state.Workers)
        {
            writer.Id(worker.Value);
            writer.Count(decisions.Length);
            foreach (var decision in decisions)
            {
                writer.Text(decision.Order.RequestId);
                writer.Flag(decision.Order.Admitted);
                writer.Text(decision.Order.Reason);
                writer.Time(decision.At);
                writer.Id(decision.By.Value);
            }
        }
        return writer.Finish();
    }

    public static AdmissionDecisions Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new CompactReader(bytes);
        reader.Version(Format, "The decisions on admissions");
        var revision = reader.Signed();
        var workers = new DecidedWorker[reader.Items(WorkerSizeMin)];
        for (var index = 0; index < workers.Length; index++)
        {
            var worker = new WorkerId(reader.Id());
            var decisions = new AdmissionDecision[reader.Items(DecisionSizeMin)];
            for (var place = 0; place < decisions.Length; place++)
            {
                var order = new AdmissionOrder(reader.Text(), reader.Flag(), reader.Text());
                decisions[place] = new AdmissionDecision(order, reader.Time(), new AccountId(reader.Id()));
            }
            workers[index] = new DecidedWorker(worker, ImmutableArray.Create(decisions));
        }
        reader.End();
        return new AdmissionDecisions(revision, ImmutableArray.Create(workers));
    }
}

/// <param name="Worker">Which.</param>
/// <param name="Decisions">Oldest first, at least one: the last one holds, the others know late repetitions.</param>
internal sealed record DecidedWorker(WorkerId Worker, ImmutableArray<AdmissionDecision> Decisions)
{
    public AdmissionDecision Last => Decisions[^1];
}
