using System.Diagnostics;
using Marketplace.Receipts;
using Marketplace.Testing;

namespace Marketplace.Verify.Contracts;

/// <summary>Receipts, settlements, batches and committees by chance: C# and the contracts on a real EVM agree on them.</summary>
internal static class CrossCheck
{
    private const int Members = 9;
    private const int Keys = 12;
    private const int People = 10;

    private static readonly ModelTerms Terms = new()
    {
        // No epoch ends by itself: each block takes a second.
        EpochLength = 1_000_000,
        UnbondingDelay = 4_000_000,
        WithdrawalDelay = 2,
        ExitDelay = 4_000_000,
        StakeMin = 100,
        CommitteeMin = 3,
    };

    public static async Task<VerifyResult> Run(VerifyArguments arguments)
    {
        if (!AnvilNode.IsInstalled)
        {
            return new VerifyResult(new { Verify = "crosscheck", Violations = 1 }, [AnvilNode.Missing]);
        }
        var (count, seed) = (arguments.Number("n", 1000), arguments.Number("seed", 1));
        var token = await ContractSources.CompileToken();
        var escrow = await ContractMutants.EscrowOf(arguments.Text("without"));
        var clock = Stopwatch.StartNew();
        await using var node = await AnvilNode.Start(keepsHistory: false);
        using var client = new EvmClient(node);
        await client.Prepare();
        using var keys = new CommitteeKeys(Keys, seed);
        var market = await EvmMarket.Deploy(client, Terms, token, escrow);
        var actors = new ContractActors(market, Terms, keys, People);
        await actors.Open();
        var (chance, tallies) = (new Random(seed), new SortedDictionary<string, PlayTally>(StringComparer.Ordinal));
        var (questions, play) = (new ContractQuestions(client), new ContractPlay(market, actors, tallies));
        await play.Begin();
        // Nothing is settled yet, so the escrow's refusals say what the roots are.
        var receipts = await Hashes(count, new CrossHashes(market, questions, keys, chance), questions);
        Console.Error.WriteLine($"hashes: {clock.Elapsed.TotalSeconds:0} s");
        var people = new AccountMoves(market, actors, chance);
        var committee = new CommitteeMoves(market, actors, people, chance);
        await Committees(count, market, actors, questions, play, committee, chance);
        Console.Error.WriteLine($"committees: {clock.Elapsed.TotalSeconds:0} s");
        await Batches(receipts, new CrossBatches(market, actors, questions, chance), questions, play, (people, committee), chance);
        string[] found = [.. questions.Found, .. play.Found];
        return new VerifyResult(
            new
            {
                Verify = "crosscheck",
                N = count,
                Seed = seed,
                Compared = questions.Tallies.Values.Sum(tally => tally.Calls),
                Questions = questions.Tallies.ToDictionary(tally => tally.Key, tally => $"{tally.Value.Succeeded}/{tally.Value.Calls}"),
                Calls = tallies.ToDictionary(tally => tally.Key, tally => $"{tally.Value.Succeeded}/{tally.Value.Calls}"),
                client.Transactions,
                client.Requests,
                Violations = found.Length,
                Seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
            },
            found
        );
    }

    private static async Task<List<(Receipt Receipt, ReceiptReuse? Reuse)>> Hashes(
        int count,
        CrossHashes hashes,
        ContractQuestions questions
    )
    {
        var receipts = new List<(Receipt, ReceiptReuse?)>();
        for (var index = 0; index < count; index++)
        {
            var receipt = await hashes.OfReceipt();
            // Every third was answered by the one before it.
            receipts.Add(index % 3 == 2 ? hashes.OfReuse(receipt, receipts[index - 1].Item1) : (receipt, null));
            await hashes.OfSettlement();
            await hashes.OfAccount();
            await hashes.OfSignatures();
        }
        await questions.Flush();
        return receipts;
    }

    /// <summary>Four epochs: all weigh the same; some more; some less, and one not at all; and one that is new.</summary>
    private static async Task Committees(
        int count,
        EvmMarket market,
        ContractActors actors,
        ContractQuestions questions,
        ContractPlay play,
        CommitteeMoves committee,
        Random chance
    )
    {
        for (var index = 0; index < Members && !play.IsLost; index++)
        {
            await play.Do(committee.Register(isRight: true, stake: 600));
        }
        await play.Wait(Terms.EpochLength);
        for (var epoch = 0; epoch < 3 && !play.IsLost; epoch++)
        {
            for (var change = 0; change < 20 && !play.IsLost; change++)
            {
                await play.Do(chance.Next(2) == 0 ? committee.Increase() : committee.Unbond());
            }
            await play.Do(committee.Register(isRight: true, stake: 700));
            await play.Wait(Terms.EpochLength);
        }
        await play.Flush();
        if (play.IsLost)
        {
            return;
        }
        var cross = new CrossCommittees(market, actors, questions, chance);
        for (var index = 0; index < count; index++)
        {
            await cross.Ask();
        }
        await questions.Flush();
    }

    /// <summary>Each receipt in a batch of its own settlement, between deposits, claims and withdrawals of accounts.</summary>
    private static async Task Batches(
        List<(Receipt Receipt, ReceiptReuse? Reuse)> receipts,
        CrossBatches batches,
        ContractQuestions questions,
        ContractPlay play,
        (AccountMoves People, CommitteeMoves Committee) moves,
        Random chance
    )
    {
        var places = new List<(Receipt, ReceiptReuse?, ulong, IReadOnlyList<MerkleStep>)>();
        for (var index = 0; index < receipts.Count && !play.IsLost; index++)
        {
            var (receipt, reuse) = receipts[index];
            var (root, path) = batches.Batch(reuse?.Hash(receipt) ?? receipt.Hash());
            await play.Do(
                chance.Next(4) switch
                {
                    0 or 1 => moves.People.Deposit(),
                    2 => moves.People.Request(),
                    _ => moves.People.Cancel(),
                }
            );
            await play.Do(moves.Committee.Settle(root));
            await play.Do(moves.People.Claim());
            await play.Do(moves.People.Withdraw());
            places.Add((receipt, reuse, (ulong)index + 1, path));
        }
        await play.Flush();
        foreach (var (receipt, reuse, number, path) in places)
        {
            await batches.Ask(receipt, reuse, number, path);
        }
        await questions.Flush();
    }
}
