using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Tests.Gateway;

/// <summary>Has a dispute of one job, whose file is its id.</summary>
internal sealed class FakeDisputeGrain(JobId job) : IDisputeGrain
{
    public static JobId Disputed { get; } = new(GatewayFixture.Mallory.Value);

    public Task<ImmutableArray<WorkerId>> Open(DisputeCase dispute, Authority by) => throw new NotSupportedException();

    public Task Decide(JuryVerdict verdict, Authority by) => throw new NotSupportedException();

    public Task<bool> IsBeyondDoubt() => throw new NotSupportedException();

    public Task<TokenAmount?> GetRepaid() => throw new NotSupportedException();

    public Task<ReadOnlyMemory<byte>> GetFile(Caller caller) =>
        job == Disputed
            ? Task.FromResult<ReadOnlyMemory<byte>>(System.Text.Encoding.UTF8.GetBytes($"{job}"))
            : throw new MarketException(ErrorCode.DisputeNotFound, $"Job {job} has no dispute.");
}

/// <summary>Three disputes, the oldest with another worker.</summary>
internal sealed class FakeDisputeLists : IDisputeLists
{
    public static DateTimeOffset At { get; } = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    public static WorkerId Voter { get; } = new(GatewayFixture.Alice.Value);

    private static readonly WorkerId Other = new(new Bytes32([.. Enumerable.Repeat((byte)9, Bytes32.Size)]));

    private static readonly ImmutableArray<DisputeSummary> All =
    [
        .. Enumerable
            .Range(0, 3)
            .Select(number => new DisputeSummary(
                Job: FakeDisputeGrain.Disputed,
                State: number == 0 ? "open" : "settled",
                OpenedAt: At.AddSeconds(-number),
                DecidedAt: number == 0 ? null : At,
                Results: 2,
                Seats: [number == 2 ? Other : Voter, new WorkerId(FakeDisputeGrain.Disputed.Value)],
                Jurors: [],
                Losers: number == 0 ? [] : [Voter],
                Slashed: new TokenAmount((UInt128)number)
            )),
    ];

    public ValueTask<ListPage<DisputeSummary>> Disputes(
        ListPlace? after,
        int limit,
        WorkerId? worker = null,
        CancellationToken cancellation = default
    )
    {
        DisputeSummary[] rest =
        [
            .. All.Where(one =>
                (after is not { } place || one.OpenedAt < place.At) && (worker is not { } voter || one.Seats.Contains(voter))
            ),
        ];
        DisputeSummary[] page = [.. rest.Take(limit)];
        var next = rest.Length > limit ? new ListPlace(page[^1].OpenedAt, page[^1].Job.ToString()) : (ListPlace?)null;
        return ValueTask.FromResult(new ListPage<DisputeSummary>(page, next));
    }
}
