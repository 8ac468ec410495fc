using System.Numerics;

namespace Marketplace.Verify.Contracts;

/// <summary>What somebody does: the call, and what the model makes of it.</summary>
/// <param name="Kind">For the count.</param>
/// <param name="Request">The call.</param>
/// <param name="Model">Changes the model and answers null, or answers what the contract must revert with.</param>
internal sealed record PlayMove(string Kind, EvmRequest Request, Func<byte[]?> Model);

/// <summary>How often something was done, and how often the contract took it.</summary>
internal sealed class PlayTally
{
    public int Calls { get; set; }
    public int Succeeded { get; set; }
}

/// <summary>
/// One market from its creation on: the real contracts on a node, and the model beside them. What the model refuses is only asked for; what
/// it takes is sent, and then all that both know is compared.
/// </summary>
internal sealed class ContractPlay(EvmMarket market, ContractActors actors, IDictionary<string, PlayTally> tallies)
{
    /// <summary>After so many everything is wrong.</summary>
    private const int ViolationsMax = 20;

    private readonly List<(EvmRequest Request, bool IsRefused, byte[] Data, string What)> _queue = [];
    private readonly List<string> _found = [];
    private BigInteger _staked;

    public IReadOnlyList<string> Found => _found;

    /// <summary>The model and the contracts differ in what they hold: what follows says nothing more.</summary>
    public bool IsLost { get; private set; }

    /// <summary>Calls of the market's contracts.</summary>
    public int Calls { get; private set; }

    private ModelWorld World => actors.World;

    public async Task Begin()
    {
        var head = await market.Client.ReadHead();
        World.Next = new EvmMoment(head.Number + 1, head.Time + 1);
    }

    /// <summary>Does it, on both sides.</summary>
    public async Task Do(PlayMove move)
    {
        var isToken = move.Request.To == market.Token;
        if (!isToken)
        {
            Calls++;
            Tally(move.Kind).Calls++;
        }
        var refusal = move.Model();
        if (refusal is not null)
        {
            _queue.Add((move.Request, true, refusal, move.Kind));
            return;
        }
        await Flush();
        var (succeeded, block) = await market.Client.Send(move.Request);
        if (!succeeded || block != World.Next.Number)
        {
            var answer = await market.Client.Call([move.Request], World.Next);
            Report($"{move.Kind} in block {block}: the model takes it; the contract says {Refusal.Said(answer[0].Data)}");
            IsLost = true;
            return;
        }
        if (!isToken)
        {
            Tally(move.Kind).Succeeded++;
        }
        RequireInvariants(move.Kind);
        World.Next = new EvmMoment(block + 1, World.Next.Time + 1);
        QueueState(move.Kind);
    }

    /// <summary>Time goes by.</summary>
    public async Task Wait(ulong seconds)
    {
        await Flush();
        var time = World.Next.Time + seconds;
        await market.Client.MineAt(time);
        World.Next = new EvmMoment(World.Next.Number + 1, time + 1);
        QueueState("time");
    }

    /// <summary>Asks all that waits. Nothing of it changes anything, so the order does not matter.</summary>
    public async Task Flush()
    {
        if (_queue.Count == 0)
        {
            return;
        }
        var answers = await market.Client.Call([.. _queue.Select(asked => asked.Request)], World.Next);
        foreach (var ((request, isRefused, data, what), answer) in _queue.Zip(answers))
        {
            if (answer.IsRefused != isRefused || !answer.Data.AsSpan().SequenceEqual(data))
            {
                Report(
                    $"{what} by {request.From}: the model {(isRefused ? "refuses with " + Refusal.Said(data) : Hex(data))}; the contract "
                        + (
                            answer.IsRefused ? "refuses with " + Refusal.Said(answer.Data)
                            : isRefused ? "takes it"
                            : Hex(answer.Data)
                        )
                );
                IsLost |= !isRefused;
            }
        }
        _queue.Clear();
    }

    private PlayTally Tally(string kind)
    {
        if (!tallies.TryGetValue(kind, out var tally))
        {
            tallies[kind] = tally = new PlayTally();
        }
        return tally;
    }

    private void Report(string violation)
    {
        _found.Add(violation);
        IsLost |= _found.Count >= ViolationsMax;
    }

    /// <summary>What must hold whatever the books say. The model's figures are the contracts', or the comparison says so.</summary>
    private void RequireInvariants(string kind)
    {
        var (escrow, registry, token) = (actors.Escrow, actors.Registry, World.Token);
        Require(token.BalanceOf(market.Escrow) >= escrow.Held, kind, "the escrow has fewer tokens than it owes");
        Require(token.PaidOut <= token.PaidIn, kind, "more was paid out than paid in");
        Require(escrow.Claimed <= escrow.Last.Earned.BaseUnits, kind, "more was claimed than the last settlement says was earned");
        Require(token.BalanceOf(market.Registry) >= registry.Total, kind, "the registry has fewer tokens than its members");
        Require(
            registry.Total >= _staked || kind is "withdrawStake" or "slashForSettlements" or "slashForReceipts" || token.CallsBack > 0,
            kind,
            "stake has left that was neither withdrawn nor slashed"
        );
        Require(
            actors.IsBookHonest is false || actors.Owed <= escrow.Held,
            kind,
            "with honest books, the accounts have more than there is"
        );
        _staked = registry.Total;
    }

    private void Require(bool holds, string kind, string violation)
    {
        if (!holds)
        {
            Report($"After {kind} {violation}.");
        }
    }

    private void QueueState(string kind)
    {
        foreach (var (request, expected) in actors.State())
        {
            _queue.Add((request, false, expected, $"the state after {kind}"));
        }
    }

    private static string Hex(byte[] data) => $"says 0x{Convert.ToHexStringLower(data)}";
}
