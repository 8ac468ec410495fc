using System.Numerics;
using Marketplace.Chain;
using Marketplace.Receipts;
using Marketplace.Testing;

namespace Marketplace.Verify.Contracts;

/// <summary>What the operator, members of the committee and those who report them do by chance, rightly and wrongly.</summary>
internal sealed class CommitteeMoves(EvmMarket market, ContractActors actors, AccountMoves people, Random chance)
{
    private readonly RandomReceipts _random = new(chance);
    private int _keysUsed;

    private RegistryModel Model => actors.Registry;

    /// <summary>Keys are left that never served.</summary>
    public bool HasKeys => _keysUsed < actors.Keys.Members.Count;

    /// <param name="isRight">Nothing is wrong with it.</param>
    /// <param name="stake">What is staked; null: anything.</param>
    public PlayMove Register(bool isRight, int? stake = null)
    {
        var defect = isRight ? 0 : chance.Next(8);
        var isNew = defect != 1 && HasKeys;
        var member = actors.Keys.Members[isNew ? _keysUsed : chance.Next(Math.Max(_keysUsed, 1))];
        var (owner, worker, key) = (isRight ? actors.People[0] : people.Someone(), _random.Word(), actors.Keys.Of(member));
        var least = (int)Model.Terms.StakeMin;
        var amount = stake ?? (defect == 2 ? chance.Next(2 * least) : chance.Next(least, 30 * least));
        var prover = defect == 3 ? people.Someone() : owner;
        var proof = key.ProvePossession(Possession.Digest(market.Domain, prover, new WorkerId(worker), key.PublicKey));
        return new PlayMove(
            "register",
            market.ToRegistry(
                owner,
                "register",
                worker.ToArray(),
                ContractValues.Of(key.PublicKey),
                ContractValues.Of(proof),
                new BigInteger(amount)
            ),
            () =>
            {
                var refusal = Model.Register(owner, member, worker, amount, prover == owner);
                _keysUsed += refusal is null && isNew ? 1 : 0;
                return refusal;
            }
        );
    }

    public PlayMove Increase()
    {
        var (caller, member) = (people.Someone(), Member());
        var amount = chance.Next(10) == 0 ? (BigInteger.One << 96) - chance.Next(2000) : people.Amount(100);
        return new PlayMove(
            "increaseStake",
            market.ToRegistry(caller, "increaseStake", member.ToArray(), amount),
            () => Model.Increase(caller, member, amount)
        );
    }

    public PlayMove Unbond()
    {
        var member = Member();
        var known = Model.Members.GetValueOrDefault(member);
        var caller = known is null || chance.Next(8) == 0 ? people.Someone() : known.Owner;
        var stake = known?.Stake ?? BigInteger.Zero;
        var amount = chance.Next(6) switch
        {
            0 => stake,
            1 or 2 => stake * chance.Next(1000) / 1000,
            _ => people.Amount(stake),
        };
        return new PlayMove(
            "beginUnbonding",
            market.ToRegistry(caller, "beginUnbonding", member.ToArray(), amount),
            () => Model.Unbond(caller, member, amount)
        );
    }

    public PlayMove WithdrawStake()
    {
        var member = Member();
        for (var tries = 0; tries < 6 && Model.Members.GetValueOrDefault(member) is not { Unbonding.IsZero: false }; tries++)
        {
            member = Member();
        }
        return new PlayMove(
            "withdrawStake",
            market.ToRegistry(people.Someone(), "withdrawStake", member.ToArray()),
            () => Model.WithdrawStake(member)
        );
    }

    /// <param name="mayLie">The committee may sign books that are not true.</param>
    public PlayMove Settle(bool mayLie)
    {
        var isLie = mayLie && chance.Next(3) == 0;
        var draft = isLie || !actors.IsBookHonest ? actors.Books.Lie(chance) : actors.Books.Honest(chance);
        var (last, next) = (actors.Escrow.Last, actors.World.Next);
        var epoch = Model.CurrentEpoch - (ulong)(Model.CurrentEpoch > 0 && chance.Next(4) == 0 ? 1 : 0);
        var settlement = new Settlement
        {
            Number = last.Number + 1,
            Epoch = epoch,
            ChainBlock = next.Number - 1,
            Accounts = draft.Root,
            Receipts = chance.Next(3) == 0 ? default : _random.Word(),
            Earned = draft.Earned,
            Spent = draft.Spent,
        };
        var caller = actors.Escrow.Operator;
        var isRight = chance.Next(3) > 0;
        if (!isRight)
        {
            (caller, settlement) = Damaged(caller, settlement);
        }
        return Settle(isLie ? "settle, lying" : "settle", draft, caller, settlement, Signature(settlement, isRight || chance.Next(2) == 0));
    }

    /// <summary>Honest books, with these receipts, signed by all.</summary>
    public PlayMove Settle(Bytes32 receipts)
    {
        var draft = actors.Books.Honest(chance);
        var settlement = new Settlement
        {
            Number = actors.Escrow.Last.Number + 1,
            Epoch = Model.CurrentEpoch,
            ChainBlock = actors.World.Next.Number - 1,
            Accounts = draft.Root,
            Receipts = receipts,
            Earned = draft.Earned,
            Spent = draft.Spent,
        };
        var signature = new ModelSignature
        {
            Signers = Model.CommitteeOf(settlement.Epoch).Keys.ToHashSet(),
            Digest = settlement.Digest(market.Domain),
        };
        return Settle("settle", draft, actors.Escrow.Operator, settlement, signature);
    }

    /// <summary>Evidence against a member, true or made up.</summary>
    public PlayMove Slash()
    {
        var (member, isOfReceipts, defect) = (Member(), chance.Next(2) == 0, chance.Next(18));
        var signers = Model.Members.Keys.Where(other => other == member || chance.Next(2) == 0).Order().ToList();
        if (defect == 0)
        {
            signers.Remove(member);
        }
        if (defect == 1 && signers.Count > 1)
        {
            signers.Reverse();
        }
        if (defect == 2)
        {
            signers = [.. signers.Append(_random.Word()).Order()];
        }
        var caller = people.Someone();
        var (request, one, other, isContradiction) = isOfReceipts
            ? OfReceipts(caller, member, signers, defect)
            : OfSettlements(caller, member, signers, defect);
        return new PlayMove(
            isOfReceipts ? "slashForReceipts" : "slashForSettlements",
            request,
            () => Model.Slash(caller, member, one, other, isContradiction)
        );
    }

    private (EvmRequest, ModelVote, ModelVote, bool) OfSettlements(EvmAddress caller, Bytes32 member, List<Bytes32> signers, int defect)
    {
        var one = _random.Settlement();
        var other = defect switch
        {
            3 => one,
            4 => one with { Number = one.Number ^ 1, Accounts = _random.Word() },
            5 => one with { Epoch = one.Epoch ^ 1 },
            _ => one with { Spent = new TokenAmount(one.Spent.BaseUnits ^ 1) },
        };
        var (first, second) = (
            Vote(one.Hash(), one.Digest(market.Domain), signers, 0),
            Vote(other.Hash(), other.Digest(market.Domain), signers, defect)
        );
        var request = market.ToRegistry(
            caller,
            "slashForSettlements",
            member.ToArray(),
            new[] { ContractValues.Of(one), ContractValues.Of(signers), Point(first.Signature) },
            new[] { ContractValues.Of(other), ContractValues.Of(signers), Point(second.Signature) }
        );
        return (request, first, second, one != other && one.Number == other.Number && one.Epoch == other.Epoch);
    }

    private (EvmRequest, ModelVote, ModelVote, bool) OfReceipts(EvmAddress caller, Bytes32 member, List<Bytes32> signers, int defect)
    {
        var one = _random.Receipt();
        var execution = one.Execution;
        var other = defect switch
        {
            3 => one,
            4 => one with { Execution = execution with { Invocation = execution.Invocation with { Job = new JobId(_random.Word()) } } },
            5 => one with { Epoch = one.Epoch ^ 1 },
            _ => one with { Price = new TokenAmount(one.Price.BaseUnits ^ 1) },
        };
        var (votes, arguments) = (new List<ModelVote>(), new List<object> { member.ToArray() });
        foreach (var (receipt, wrong) in ((Receipt, int)[])[(one, 0), (other, defect)])
        {
            var tree = new MerkleBatch([receipt.Hash(), _random.Fresh(), _random.Fresh()]);
            var committee = _random.Word();
            var vote = Vote(receipt.Hash(), BatchDigest.OfCommitteeReceipts(market.Domain, committee, tree.Root), signers, wrong);
            votes.Add(vote);
            arguments.Add(
                new[]
                {
                    ReceiptValues.Of(receipt),
                    ContractValues.Of(tree.PathOf(0)),
                    committee.ToArray(),
                    ContractValues.Of(signers),
                    Point(vote.Signature),
                }
            );
        }
        var isContradiction =
            votes[0].Hash != votes[1].Hash && one.Epoch == other.Epoch && execution.Invocation.Job == other.Execution.Invocation.Job;
        return (market.ToRegistry(caller, "slashForReceipts", [.. arguments]), votes[0], votes[1], isContradiction);
    }

    private PlayMove Settle(string kind, PlayBooks.Draft draft, EvmAddress caller, Settlement settlement, ModelSignature signature) =>
        new(
            kind,
            market.ToEscrow(caller, "settle", ContractValues.Of(settlement), ContractValues.Of(signature.Absentees), Point(signature)),
            () =>
            {
                var refusal = actors.Escrow.Settle(caller, settlement, signature);
                if (refusal is null)
                {
                    actors.Books.Take(draft);
                    actors.IsBookHonest &= draft.Books.Count > 0;
                }
                return refusal;
            }
        );

    private ModelVote Vote(Bytes32 hash, Bytes32 digest, List<Bytes32> signers, int defect)
    {
        var known = signers.Where(Model.Members.ContainsKey).ToHashSet();
        var signature = new ModelSignature
        {
            Signers = defect == 6 ? known.Skip(1).ToHashSet() : known,
            Digest = defect == 7 ? _random.Word() : digest,
            IsDamaged = defect == 8,
        };
        return new ModelVote(hash, digest, [.. signers], signature);
    }

    private (EvmAddress Caller, Settlement Settlement) Damaged(EvmAddress caller, Settlement right) =>
        chance.Next(9) switch
        {
            0 => (people.Someone(), right),
            1 => (caller, right with { Number = right.Number + (ulong)chance.Next(1, 3) }),
            2 => (caller, right with { Number = right.Number - 1 }),
            3 => (caller, right with { Epoch = chance.Next(3) == 0 ? ulong.MaxValue : right.Epoch + (ulong)chance.Next(1, 4) }),
            4 => (caller, right with { Epoch = right.Epoch >= 2 ? right.Epoch - 2 : right.Epoch + 2 }),
            5 => (caller, right with { ChainBlock = right.ChainBlock + (ulong)chance.Next(1, 3) }),
            6 => (caller, right with { ChainBlock = actors.Escrow.Last.ChainBlock > 0 ? actors.Escrow.Last.ChainBlock - 1 : 0 }),
            7 => (caller, right with { Earned = new TokenAmount(right.Spent.BaseUnits + (UInt128)actors.Escrow.Compensated + 1) }),
            _ => (caller, right with { Earned = TokenAmount.Zero, Spent = TokenAmount.Zero }),
        };

    private ModelSignature Signature(Settlement settlement, bool isRight)
    {
        var members = settlement.Epoch > Model.CurrentEpoch + 1 ? [] : Model.CommitteeOf(settlement.Epoch).Keys.ToList();
        var defect = isRight ? 0 : chance.Next(1, 8);
        // As many absentees as are still enough, mostly; as a defect any number.
        var absentees = members
            .Where(_ => chance.Next(defect == 1 ? 2 : 8) == 0)
            .Take(defect == 1 ? members.Count : members.Count / 4)
            .Order()
            .ToList();
        var signers = members.Except(absentees).ToHashSet();
        if (defect == 2 && absentees.Count > 0)
        {
            absentees.Add(absentees[^1]);
        }
        if (defect == 3)
        {
            absentees.Reverse();
        }
        if (defect == 4)
        {
            absentees = [.. absentees.Append(_random.Word()).Order()];
        }
        if (defect == 5 && signers.Count > 0)
        {
            signers.Remove(signers.First());
        }
        return new ModelSignature
        {
            Absentees = absentees,
            Signers = signers,
            Digest = defect == 6 ? _random.Word() : settlement.Digest(market.Domain),
            IsDamaged = defect == 7,
        };
    }

    /// <summary>The sum of signatures as the contract takes it.</summary>
    private object Point(ModelSignature signature)
    {
        var sum = actors.Keys.Sign(signature.Signers, signature.Digest) ?? actors.Keys.Of(actors.Keys.Members[^1]).Sign(_random.Bytes(32));
        var coordinates = sum.Coordinates();
        if (signature.IsDamaged)
        {
            coordinates[^chance.Next(1, 40)] ^= 1;
        }
        return new object[] { coordinates.Chunk(Bytes32.Size).Select(word => (object)word).ToArray() };
    }

    private Bytes32 Member()
    {
        var known = Model.Members.Keys.ToArray();
        return known.Length == 0 || chance.Next(15) == 0 ? _random.Word() : known[chance.Next(known.Length)];
    }
}
