using System.Numerics;
using Marketplace.Crypto;
using Marketplace.Receipts;

namespace Marketplace.Verify.Receipts;

/// <summary>
/// What a market, or members of a committee, may try with its certificate. The market signs all of it that it is asked for: nothing but the
/// rules for certificates can refuse these.
/// </summary>
internal sealed class CommitteeMutants(Random random, ReceiptKeys keys)
{
    private const string Prefix = "certificate_";

    /// <summary>Each makes of a good receipt of a committee what no verifier may take.</summary>
    public (string Kind, Func<Receipt, ReceiptFile> Make)[] All =>
        [
            ($"{Prefix}missing", receipt => keys.Sign(receipt) with { Certificate = null }),
            ($"{Prefix}where_none_is_due", NotDue),
            ($"{Prefix}beside_signatures", BesideSignatures),
            ($"{Prefix}of_too_few", receipt => Signed(receipt, members => TooFew(members))),
            ($"{Prefix}of_no_member", receipt => Signed(receipt, members => 1ul << random.Next(members.Count, 64), isMore: true)),
            ($"{Prefix}of_fewer_than_said", FewerThanSaid),
            ($"{Prefix}of_another_epoch", AnotherEpoch),
            ($"{Prefix}of_epoch_zero", receipt => keys.Sign(receipt with { Epoch = 0 })),
            ($"{Prefix}of_another_receipt", AnotherReceipt),
            ($"{Prefix}of_infinity", receipt => With(receipt, it => it with { Signature = "c0" + new string('0', 190) })),
            ($"{Prefix}not_a_point", receipt => With(receipt, it => it with { Signature = Other(it.Signature) })),
            ($"{Prefix}with_other_path", receipt => With(receipt, it => it with { Path = [.. it.Path, .. it.Path.Take(1)] })),
            (
                $"{Prefix}members_not_signed",
                receipt => With(receipt, it => it with { MembersSignature = keys.Sign(receipt).MarketSignature })
            ),
            ($"{Prefix}members_in_another_order", receipt => With(receipt, it => it with { Members = [.. it.Members.Reverse()] })),
            ($"{Prefix}members_too_many", TooMany),
            ($"{Prefix}member_twice", receipt => OfMembers(receipt, members => members[1] = members[0])),
            (
                $"{Prefix}key_twice",
                receipt => OfMembers(receipt, members => members[1] = keys.Register(members[0] with { Worker = members[1].Worker }))
            ),
            ($"{Prefix}member_of_no_weight", receipt => OfMembers(receipt, members => Change(members, it => it with { Weight = default }))),
            (
                $"{Prefix}key_not_possessed",
                receipt =>
                    OfMembers(
                        receipt,
                        members => Change(members, it => it with { Possession = members.First(other => other != it).Possession })
                    )
            ),
            (
                $"{Prefix}key_of_infinity",
                receipt =>
                    OfMembers(receipt, members => Change(members, it => keys.Register(it with { BlsKey = "c0" + new string('0', 94) })))
            ),
            (
                $"{Prefix}key_not_registered",
                receipt =>
                    OfMembers(
                        receipt,
                        members => Change(members, it => it with { Registration = members.First(other => other != it).Registration })
                    )
            ),
            ($"{Prefix}key_registered_elsewhere", receipt => OfMembers(receipt, members => Change(members, RegisterElsewhere))),
            ($"{Prefix}rogue_key", RogueKey),
            ($"{Prefix}seat_of_no_member", SeatOfNoMember),
            ($"{Prefix}seats_of_too_little_weight", SeatsTooLight),
        ];

    /// <summary>Whether mutants of a kind are such: all else in them agrees.</summary>
    public static bool IsOne(string kind) => kind.StartsWith(Prefix, StringComparison.Ordinal);

    private static int SizeOf(Receipt receipt) => Assurance.Parse(receipt.Assurance).Seats;

    private ReceiptFile With(Receipt receipt, Func<CommitteeCertificate, CommitteeCertificate> change)
    {
        var file = keys.Sign(receipt);
        return file with { Certificate = change(file.Certificate!) };
    }

    /// <summary>At a level that takes none.</summary>
    private ReceiptFile NotDue(Receipt receipt)
    {
        var plain = receipt with
        {
            Assurance = $"quorum:{SizeOf(receipt)}/{SizeOf(receipt)}",
            Fault = "worker",
            Price = default,
            Shares = [],
        };
        return keys.Sign(plain) with { Certificate = keys.Sign(receipt).Certificate };
    }

    private ReceiptFile BesideSignatures(Receipt receipt) =>
        keys.Sign(receipt) with
        {
            WorkerSignatures = [.. receipt.Seats.Select(seat => keys.SignByWorker(receipt, seat, keys.Domain))],
        };

    private ReceiptFile Signed(Receipt receipt, Func<IReadOnlyList<CommitteeMember>, ulong> choose, bool isMore = false)
    {
        var members = keys.Committee(receipt, SizeOf(receipt));
        var chosen = choose(members);
        var good = keys.Certify(receipt, keys.Domain, members).Signers;
        var said = isMore ? good | chosen : chosen;
        return keys.Sign(receipt) with { Certificate = keys.Certify(receipt, keys.Domain, members, said, isMore ? good : chosen) };
    }

    /// <summary>As many as still weigh at most two thirds; their signatures are good.</summary>
    private ulong TooFew(IReadOnlyList<CommitteeMember> members)
    {
        var (signers, weight, total) = (0ul, BigInteger.Zero, Sum(members));
        foreach (var index in Enumerable.Range(0, members.Count).OrderBy(_ => random.Next()))
        {
            if (3 * (weight + members[index].Weight.BaseUnits) <= 2 * total)
            {
                weight += members[index].Weight.BaseUnits;
                signers |= 1ul << index;
            }
        }
        return signers;
    }

    /// <summary>The bitmap says all; one has not signed.</summary>
    private ReceiptFile FewerThanSaid(Receipt receipt)
    {
        var members = keys.Committee(receipt, SizeOf(receipt));
        var all = (1ul << members.Count) - 1;
        var certificate = keys.Certify(receipt, keys.Domain, members, all, all & ~(1ul << random.Next(members.Count)));
        return keys.Sign(receipt) with { Certificate = certificate };
    }

    private ReceiptFile AnotherEpoch(Receipt receipt)
    {
        var later = keys.Sign(receipt with { Epoch = receipt.Epoch + 1 }).Certificate!;
        var membersSignature = keys.Certify(receipt, keys.Domain, later.Members).MembersSignature;
        return keys.Sign(receipt) with { Certificate = later with { MembersSignature = membersSignature } };
    }

    private ReceiptFile AnotherReceipt(Receipt receipt)
    {
        var other = receipt with { EndedAt = receipt.EndedAt ^ 1 };
        return keys.Sign(receipt) with { Certificate = keys.Certify(other, keys.Domain, keys.Committee(receipt, SizeOf(receipt))) };
    }

    private ReceiptFile TooMany(Receipt receipt) =>
        keys.Sign(receipt) with
        {
            Certificate = keys.Certify(receipt, keys.Domain, keys.Committee(receipt, SizeOf(receipt) + 1)),
        };

    private ReceiptFile OfMembers(Receipt receipt, Action<CommitteeMember[]> change)
    {
        var members = keys.Committee(receipt, SizeOf(receipt)).ToArray();
        var all = (1ul << members.Length) - 1;
        change(members);
        return keys.Sign(receipt) with { Certificate = keys.Certify(receipt, keys.Domain, members, all, all) };
    }

    private void Change(CommitteeMember[] members, Func<CommitteeMember, CommitteeMember> change)
    {
        var index = random.Next(members.Length);
        members[index] = change(members[index]);
    }

    /// <summary>
    /// The first member's key is one of its own less the keys of all others, so its own signature alone is good for the sum of all. The
    /// proof is of the key that it has.
    /// </summary>
    private ReceiptFile RogueKey(Receipt receipt)
    {
        var members = keys.Committee(receipt, SizeOf(receipt)).ToArray();
        using var own = BlsSecretKey.FromSeed(keys.Seed());
        var sum = BlsPoint<Fp>.Infinity;
        foreach (var member in members.Skip(1))
        {
            BlsPoint<Fp>.Add(in sum, BlsPublicKey.Read(Convert.FromHexString(member.BlsKey)).Point, out sum);
        }
        BlsPoint<Fp>.Negate(in sum, out var rogue);
        BlsPoint<Fp>.Add(in rogue, own.PublicKey.Point, out rogue);
        members[0] = keys.Register(
            members[0] with
            {
                BlsKey = Convert.ToHexStringLower(BlsPublicKey.From(rogue.ToAffine()).Bytes),
                Possession = own.ProvePossession().ToString(),
            }
        );
        var all = (1ul << members.Length) - 1;
        var certificate = keys.Certify(receipt, keys.Domain, members, all, all) with { Path = [] };
        var digest = BatchDigest.OfCommitteeReceipts(keys.Domain, receipt.Epoch, members, receipt.Hash());
        return keys.Sign(receipt) with { Certificate = certificate with { Signature = own.Sign(digest.ToArray()).ToString() } };
    }

    private CommitteeMember RegisterElsewhere(CommitteeMember member) => keys.Register(member, new MarketDomain(keys.Other.PublicKey));

    private ReceiptFile SeatOfNoMember(Receipt receipt)
    {
        var members = keys.Committee(receipt, SizeOf(receipt));
        var stranger = keys.Workers.First(worker => members.All(member => member.Worker != worker));
        Seat[] seats = [.. receipt.Seats.Skip(1), new Seat(stranger, receipt.Seats[0].UnitPrice)];
        return Reseated(receipt, seats, members);
    }

    private ReceiptFile SeatsTooLight(Receipt receipt)
    {
        var members = keys.Committee(receipt, SizeOf(receipt)).OrderByDescending(member => member.Weight.BaseUnits).ToArray();
        // The lightest alone have seats; of equal ones, too, it is at most half of the weight.
        var heavy = members.Take((members.Length + 1) / 2).Select(member => member.Worker).ToHashSet();
        Seat[] seats = [.. members.Where(member => !heavy.Contains(member.Worker)).Select(member => new Seat(member.Worker, default))];
        return Reseated(receipt, seats, members);
    }

    /// <summary>With the price of the seats; all members sign it.</summary>
    private ReceiptFile Reseated(Receipt receipt, Seat[] seats, IReadOnlyList<CommitteeMember> members)
    {
        seats = [.. seats.OrderBy(seat => seat.Worker.Value)];
        var price = Seat.Cost(receipt.Execution.Result.Fuel, seats, receipt.PriceLimit);
        var changed = receipt with
        {
            Seats = seats,
            Price = price,
            Shares = price.IsZero ? [] : [new PaidShare(new AccountId(keys.AnyWord()), price)],
        };
        var all = (1ul << members.Count) - 1;
        return keys.Sign(changed) with { Certificate = keys.Certify(changed, keys.Domain, members, all, all) };
    }

    private static BigInteger Sum(IEnumerable<CommitteeMember> members) => CommitteeMember.WeightOf(members);

    private static string Other(string digits) => digits[..^1] + (digits[^1] == '0' ? '1' : '0');
}
