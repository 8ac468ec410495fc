using Marketplace.Chain;
using Marketplace.Receipts;

namespace Marketplace.Verify.Settlements;

/// <summary>
/// What the parties do, one thing at a time: they deposit, order jobs, ask deposits back, withdraw and claim. The silo may be gone at any
/// moment; the chain never is, but it may refuse.
/// </summary>
internal sealed class SettlingLife(SettlingMarket market, Random chance)
{
    private const int JobsAtOnce = 3;
    private static readonly TokenAmount PriceMax = new(1_000);

    /// <summary>The request ids of jobs of which the market has not said that it took them all.</summary>
    private string[]? _asked;
    private readonly Dictionary<string, int> _refused = [];
    private int _jobs;
    private ProgramId? _program;

    /// <summary>Jobs that the market has acknowledged.</summary>
    public HashSet<JobId> Jobs { get; } = [];

    /// <summary>What was tried on the chain and refused there: how often for each reason.</summary>
    public IReadOnlyDictionary<string, int> Refused => _refused;

    public int Deposits { get; private set; }

    public int Withdrawals { get; private set; }

    public int Claims { get; private set; }

    /// <summary>One thing that somebody does.</summary>
    public async Task Act()
    {
        var party = chance.Next(2) == 0 ? market.Client : market.Parties[chance.Next(market.Parties.Count)];
        switch (chance.Next(10))
        {
            case < 4:
                await Order();
                break;
            case < 6:
                await Deposit(party);
                break;
            case < 7:
                await Ask(party);
                break;
            case < 9:
                await Withdraw(party);
                break;
            default:
                await Claim(party);
                break;
        }
    }

    public async Task Deposit(SettlingParty party)
    {
        await market.Chain.Deposit(party.Owner, (ulong)chance.Next(500, 5_000));
        Deposits++;
    }

    /// <summary>Asks for a part of what is deposited.</summary>
    public async Task Ask(SettlingParty party)
    {
        var balance = await market.Chain.BalanceOf(party.Address);
        var most = balance.Deposited - balance.Withdrawn;
        if (balance.Requested.IsZero && !most.IsZero)
        {
            await market.Chain.Request(party.Owner, new TokenAmount(1 + ((most.BaseUnits - 1) / (UInt128)chance.Next(1, 5))));
        }
    }

    public async Task Withdraw(SettlingParty party)
    {
        if (!(await market.Chain.BalanceOf(party.Address)).Requested.IsZero && await RowOf(party) is { } row)
        {
            if (await Try(() => market.Chain.Withdraw(party.Owner, row.Totals, row.Path)))
            {
                Withdrawals++;
            }
        }
    }

    /// <summary>Ends a request that is open.</summary>
    public async Task Cancel(SettlingParty party)
    {
        if (!(await market.Chain.BalanceOf(party.Address)).Requested.IsZero)
        {
            await market.Chain.Cancel(party.Owner);
        }
    }

    public async Task Claim(SettlingParty party)
    {
        if (await RowOf(party) is { } row && row.Totals.Earned > (await market.Chain.BalanceOf(party.Address)).Claimed)
        {
            if (await Try(() => market.Chain.Claim(party.Owner, row.Totals, row.Path)))
            {
                Claims++;
            }
        }
    }

    /// <summary>
    /// Orders jobs, as a client does that keeps what it has asked for: while it does not know that the market took all of them it asks for
    /// the same again, by the same request ids.
    /// </summary>
    public async Task Order()
    {
        _asked ??= [.. Enumerable.Range(0, JobsAtOnce).Select(_ => $"job {++_jobs}")];
        await AskAgain();
    }

    /// <summary>Asks for the jobs of which the market has not said that it took them.</summary>
    /// <returns>Whether there are none now.</returns>
    public async Task<bool> AskAgain()
    {
        if (_asked is null)
        {
            return true;
        }
        try
        {
            await using var client = market.Open();
            var program = _program ??= await Deploy(client);
            var jobs = _asked.Select(id => new JobRequest
            {
                RequestId = id,
                Program = program,
                InputText = "hello",
                FuelMax = 1_000_000,
                PriceMax = PriceMax,
            });
            var answers = await client.Jobs.SubmitBatch([.. jobs]);
            var taken = answers.Where(item => item.Code is null).ToArray();
            Jobs.UnionWith(taken.Select(item => item.Id));
            _asked = taken.Length == answers.Count ? null : _asked;
        }
        catch (Exception gone) when (gone is MarketplaceUnreachableException or MarketplaceException)
        {
            // The silo is gone, or says that the account has no money: the jobs are asked for again.
        }
        return _asked is null;
    }

    /// <summary>What the chain's last settlement says of an account; null where that cannot be told now.</summary>
    private async Task<(AccountTotals Totals, IReadOnlyList<MerkleStep> Path)?> RowOf(SettlingParty party)
    {
        var last = await market.Chain.Last();
        return last is not null && await market.FileOf(last.Number) is { } file && file.Settlement == last
            ? file.Find(party.Address)
            : null;
    }

    /// <returns>False: the contract has refused.</returns>
    private async Task<bool> Try(Func<Task> act)
    {
        try
        {
            await act();
            return true;
        }
        // Tried first, or reverted in its block: a settlement may have come in between.
        catch (ChainException refused) when (refused.InnerException is null or EvmRevertException)
        {
            // An error of the contract is told as its name and its values in brackets.
            var reason = refused.Message.Split('(')[0];
            _refused[reason] = _refused.GetValueOrDefault(reason) + 1;
            return false;
        }
    }

    private static async Task<ProgramId> Deploy(MarketplaceClient client)
    {
        await using var module = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "programs", "echo", "echo.wasm"));
        return (await client.Programs.Deploy(module, "echo")).Id;
    }
}
