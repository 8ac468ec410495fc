using System.Collections.Immutable;
using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;
using Microsoft.Extensions.Logging;

namespace Marketplace.Grains;

/// <summary>
/// Receipts on their way to a committee's signature. What is ready while a window is under way gathers for the next one, so that under load
/// thousands of jobs share a signature, and a lone job waits for none. Nothing here is durable: what members are asked to sign was proposed
/// in its job's document before, and a certificate is written before any job ends by it. A window that is lost is made again, with the same
/// receipts.
/// </summary>
/// <param name="key">This shard's.</param>
/// <param name="shards">Whose windows have which numbers.</param>
/// <param name="book">Reaches the members.</param>
/// <param name="clock">The market's clock.</param>
/// <param name="grains">Keeps the certificates.</param>
/// <param name="act">Does what the book has decided.</param>
/// <param name="log">The market's log.</param>
internal sealed partial class MarketWindows(
    string key,
    MarketShards shards,
    MarketBook book,
    MarketClock clock,
    IGrainFactory grains,
    Action act,
    ILogger<MarketGrain> log
)
{
    private readonly Dictionary<GatheringKey, Gathering> _gatherings = [];
    private readonly Dictionary<long, Window> _open = [];
    private long _last;

    /// <summary>When a window is over that its committee has not signed, in running time; null where none is open.</summary>
    public TimeSpan? NextDue =>
        _open.Values.Where(window => !window.IsClosing).Select(window => (TimeSpan?)window.DueAt).DefaultIfEmpty().Min();

    /// <summary>Has a committee sign how a job ends.</summary>
    /// <param name="committee">Of the epoch in which that was proposed.</param>
    /// <param name="proposal">How it ends. It may be of an earlier run in this epoch, whose seats were others.</param>
    /// <param name="ran">Who has run the job now, with that result.</param>
    /// <returns>Null where it does not.</returns>
    public Task<JobCertificate?> Certify(Committee committee, JobProposal proposal, IEnumerable<WorkerId> ran)
    {
        // A member stands by what it ran itself: receipts of others in the same window would keep it from signing any.
        var able = proposal.Draft.Seats.Select(seat => seat.Worker).Union(ran);
        var members = able.Select(committee.IndexOf).Where(place => place >= 0);
        var asked = new GatheringKey(committee.Hash, members.Aggregate(0UL, (bits, place) => bits | 1UL << place));
        if (!_gatherings.TryGetValue(asked, out var gathering))
        {
            _gatherings.Add(asked, gathering = new Gathering(asked, committee));
        }
        var item = new Item(proposal, new TaskCompletionSource<JobCertificate?>(TaskCreationOptions.RunContinuationsAsynchronously));
        gathering.Waiting.Add(item);
        OpenNext(gathering);
        return item.Done.Task;
    }

    /// <exception cref="MarketException"><see cref="ErrorCode.LimitExceeded"/>.</exception>
    public void Vote(WorkerId worker, ImmutableArray<WindowVote> votes)
    {
        if (votes.Length > PanelPolicy.WindowVotesMax)
        {
            throw new MarketException(
                ErrorCode.LimitExceeded,
                $"There are {votes.Length} votes; at most {PanelPolicy.WindowVotesMax} windows are open for a member at a time."
            );
        }
        foreach (var vote in votes)
        {
            if (_open.GetValueOrDefault(vote.Window) is not { IsClosing: false } window || !window.Take(worker, vote))
            {
                continue;
            }
            if (window.HasEnough)
            {
                TryClose(window);
            }
            if (window is { IsClosing: false, HaveAllVoted: true })
            {
                GiveUp(window);
            }
        }
    }

    /// <summary>Windows that have waited long enough are over.</summary>
    public void OnTime(TimeSpan now)
    {
        foreach (var window in _open.Values.Where(window => !window.IsClosing && now >= window.DueAt).ToArray())
        {
            GiveUp(window);
        }
    }

    private void OpenNext(Gathering gathering)
    {
        if (gathering.IsOpen || gathering.Waiting.Count == 0)
        {
            return;
        }
        if (gathering.Committee.IsOver(clock.Now.Wall))
        {
            // They run again when there is another committee.
            gathering.Waiting.ForEach(item => item.Done.TrySetResult(null));
            gathering.Waiting.Clear();
            _gatherings.Remove(gathering.Key);
            return;
        }
        var items = gathering.Waiting.Take(PanelPolicy.WindowReceiptsMax).ToArray();
        gathering.Waiting.RemoveRange(0, items.Length);
        gathering.IsOpen = true;
        // A vote on a window of an earlier start is none on this one.
        _last = shards.NumberFrom(key, Math.Max(_last, book.Start) + 1);
        var window = new Window(_last, gathering, items, clock.Now.Running + PanelPolicy.WindowMax);
        _open.Add(window.Number, window);
        var order = window.ToOrder();
        foreach (var member in gathering.Members)
        {
            book.Panels.Order(member.Worker, offer => offer.OrderVote(order));
        }
        act();
    }

    /// <summary>The signatures may be enough: those that are none are taken out, which costs their members the window.</summary>
    private void TryClose(Window window)
    {
        if (window.Sum() is not { } signed)
        {
            return;
        }
        window.IsClosing = true;
        _ = Close(window, signed.Signers, signed.Sum);
    }

    private async Task Close(Window window, ulong signers, BlsSignature sum)
    {
        var committee = window.Gathering.Committee;
        var certificate = new BatchCertificate(committee.Epoch, [.. committee.Members], signers, sum.Bytes.ToArray());
        var root = window.Batch.Root;
        try
        {
            await LostWrites.Resend(() => grains.GetGrain<ICertificateGrain>(root.ToString()).Put(certificate, Authority.Market));
        }
        catch (Exception failure)
        {
            // Its jobs have ended nowhere yet, and are signed again.
            LogCertificateFailed(failure, root);
            window.IsClosing = false;
            GiveUp(window);
            return;
        }
        for (var index = 0; index < window.Items.Length; index++)
        {
            window.Items[index].Done.TrySetResult(CertificateOf(committee.Epoch, root, window.Batch.PathOf(index)));
        }
        End(window);
    }

    /// <summary>
    /// What no member speaks against is tried again with others; a receipt that some refuse would keep those beside it from being signed.
    /// </summary>
    private void GiveUp(Window window)
    {
        foreach (var item in window.Items)
        {
            item.Tries++;
            if (window.IsRefused(item) || item.Tries >= PanelPolicy.WindowTriesMax)
            {
                LogNotCertified(item.Proposal.Draft.Job, window.Voted, window.Gathering.Members.Count);
                item.Done.TrySetResult(null);
            }
            else
            {
                window.Gathering.Waiting.Add(item);
            }
        }
        End(window);
    }

    private void End(Window window)
    {
        _open.Remove(window.Number);
        window.Gathering.IsOpen = false;
        OpenNext(window.Gathering);
        if (window.Gathering is { IsOpen: false, Waiting.Count: 0 })
        {
            _gatherings.Remove(window.Gathering.Key);
        }
    }

    private static JobCertificate CertificateOf(ulong epoch, Bytes32 root, IReadOnlyList<MerkleStep> path)
    {
        var leftSides = 0u;
        for (var step = 0; step < path.Count; step++)
        {
            leftSides |= path[step].IsLeft ? 1u << step : 0;
        }
        return new JobCertificate(epoch, root, [.. path.Select(step => step.Hash)], leftSides);
    }

    [LoggerMessage(
        EventId = 1221,
        Level = LogLevel.Warning,
        Message = "The certificate {Root} could not be written; its jobs are signed again."
    )]
    private partial void LogCertificateFailed(Exception failure, Bytes32 root);

    [LoggerMessage(
        EventId = 1222,
        Level = LogLevel.Warning,
        Message = "The committee did not sign the receipt of job {Job}: {Voted} of {Members} members answered."
    )]
    private partial void LogNotCertified(JobId job, int voted, int members);

    /// <param name="Committee">Its hash.</param>
    /// <param name="Asked">Bit i: member i has run each of the jobs, as far as the market knows.</param>
    private readonly record struct GatheringKey(Bytes32 Committee, ulong Asked);

    /// <summary>Receipts that the same members of one committee can sign.</summary>
    private sealed class Gathering(GatheringKey key, Committee committee)
    {
        public GatheringKey Key => key;

        public Committee Committee => committee;

        /// <summary>Those that are asked.</summary>
        public IReadOnlyList<RosterMember> Members { get; } = [.. committee.Members.Where((_, place) => (key.Asked >> place & 1) != 0)];

        public List<Item> Waiting { get; } = [];

        public bool IsOpen { get; set; }
    }

    /// <summary>A receipt that is to be signed.</summary>
    private sealed record Item(JobProposal Proposal, TaskCompletionSource<JobCertificate?> Done)
    {
        public int Tries { get; set; }
    }

    /// <summary>Receipts that members vote on.</summary>
    private sealed class Window(long number, Gathering gathering, Item[] items, TimeSpan dueAt)
    {
        private readonly Dictionary<int, BlsSignature> _signatures = [];
        private readonly HashSet<int> _voted = [];
        private readonly HashSet<JobId> _refused = [];
        private readonly byte[] _digest = gathering.Committee.Digest(BatchOf(items).Root);

        public long Number => number;

        public Gathering Gathering => gathering;

        public Item[] Items => items;

        public MerkleBatch Batch { get; } = BatchOf(items);

        public TimeSpan DueAt => dueAt;

        /// <summary>Its certificate is being written.</summary>
        public bool IsClosing { get; set; }

        public int Voted => _voted.Count;

        public bool HaveAllVoted => _voted.Count == gathering.Members.Count;

        public bool HasEnough => gathering.Committee.IsEnough(_signatures.Keys.Select(place => gathering.Committee.Members[place].Worker));

        public bool IsRefused(Item item) => _refused.Contains(item.Proposal.Draft.Job);

        public ReceiptWindow ToOrder() =>
            new(number, gathering.Committee.Epoch, gathering.Committee.Hash, [.. items.Select(item => item.Proposal.Draft)]);

        /// <returns>Whether it is the first word of a member.</returns>
        public bool Take(WorkerId worker, WindowVote vote)
        {
            if (
                gathering.Committee.IndexOf(worker) is not (>= 0 and var place)
                || (gathering.Key.Asked >> place & 1) == 0
                || !_voted.Add(place)
            )
            {
                return false;
            }
            if (BlsSignature.TryRead(vote.Signature.Span, out var signature))
            {
                _signatures.Add(place, signature);
            }
            foreach (var job in vote.Refused.IsDefault ? [] : vote.Refused.Take(items.Length))
            {
                _refused.Add(job);
            }
            return true;
        }

        /// <summary>
        /// The sum of all signatures, which is checked at once. If it does not hold, each is looked at alone, and those that do not hold
        /// are dropped.
        /// </summary>
        /// <returns>Null where the rest is not enough.</returns>
        public (ulong Signers, BlsSignature Sum)? Sum()
        {
            if (TrySum() is { } all)
            {
                return all;
            }
            foreach (var (place, signature) in _signatures.ToArray())
            {
                if (!gathering.Committee.Verify([place], _digest, signature))
                {
                    _signatures.Remove(place);
                }
            }
            return HasEnough ? TrySum() : null;
        }

        private (ulong Signers, BlsSignature Sum)? TrySum()
        {
            int[] places = [.. _signatures.Keys.Order()];
            var sum = Bls.Aggregate([.. places.Select(place => _signatures[place])]);
            return gathering.Committee.Verify(places, _digest, sum)
                ? (places.Aggregate(0UL, (bits, place) => bits | 1UL << place), sum)
                : null;
        }

        private static MerkleBatch BatchOf(Item[] items) => new([.. items.Select(item => item.Proposal.Receipt)]);
    }
}
