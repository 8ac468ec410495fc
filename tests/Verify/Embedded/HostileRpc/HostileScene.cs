using System.Collections.Concurrent;
using System.Globalization;
using System.Numerics;
using System.Text;
using Marketplace.Chain;
using Marketplace.Chain.Tests;
using Marketplace.Crypto;
using Marketplace.GrainHost.Simulation;
using Marketplace.GrainInterfaces;
using Marketplace.Grains;
using Marketplace.Grains.Tests.Simulation;
using Marketplace.Receipts;
using Marketplace.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Marketplace.Verify.HostileRpc;

/// <summary>
/// The real grains of a market, which follow a real chain by way of nodes that may lie, under simulated time. What the chain is, the scene
/// asks the node itself.
/// </summary>
internal sealed class HostileScene : IAsyncDisposable
{
    /// <summary>One step of the grain, and a little more.</summary>
    private static readonly TimeSpan StepTime = TimeSpan.FromSeconds(4.5);

    private static readonly (string Name, Secp256k1PrivateKey Key)[] People =
    [
        ("client", ChainBench.Owner(0x21)),
        ("worker", ChainBench.Owner(0x22)),
    ];

    public static SettlementTerms Terms { get; } =
        new()
        {
            Confirmations = 4,
            Interval = TimeSpan.FromSeconds(1),
            ReplaceAfterBlocks = 3,
            FeeMax = 100_000_000_000,
        };

    /// <summary>So many lines of the market's log tell what it did last.</summary>
    private const int LogTail = 6;

    private readonly HttpMessageInvoker _invoker = RpcOptions.CreateInvoker();
    private readonly NodeClock _clock;
    private readonly SimulatedSilo _silo;
    private readonly SceneLog _log = new();
    private readonly ConcurrentQueue<string> _faults = [];
    private readonly Dictionary<EvmAddress, TokenAmount> _deepest = [];

    /// <summary>What each member has signed of a number in an epoch: never two.</summary>
    private readonly Dictionary<(byte Member, ulong Number, ulong Epoch), Bytes32> _votes = [];
    private int _payments;

    public HostileScene(SimulatedRun run, AnvilBench bench, int nodes)
    {
        (Bench, _clock) = (bench, new NodeClock(nodes == 1));
        // Outside, where what they wait for does not come back into the simulation.
        Nodes = OutsideChain.Wait(() => Task.FromResult(NewNodes(nodes)));
        var options = new RpcOptions
        {
            ChainId = bench.Domain.ChainId,
            Endpoints = [.. Nodes.Select(node => node.Endpoint)],
            Invoker = _invoker,
            TimeProvider = _clock,
            Chance = new Random(1),
            Observer = new Hearing(_faults, Nodes[0].Endpoint.Name),
        };
        IEvmRpc rpc = nodes == 1 ? new FailoverRpc(options) : new QuorumRpc(options, quorum: null);
        var chain = new OutsideChain(bench.ChainBy(rpc));
        _silo = new SimulatedSilo(
            run,
            new FaultPlan { IsOn = false },
            services =>
                services
                    .AddSingleton<ILogger<SettlementGrain>>(_log)
                    .AddSingleton<IMarketChain>(chain)
                    .AddSingleton(bench.Domain)
                    .AddSingleton(Terms)
                    .AddSingleton(new AccountTerms { SettlesOnChain = true })
        );
    }

    public AnvilBench Bench { get; }

    /// <summary>The first one lies.</summary>
    public IReadOnlyList<LyingNode> Nodes { get; }

    public NodeClock Clock => _clock;

    public static EvmAddress Client => EvmAddresses.Of(People[0].Key.PublicKey);

    public static EvmAddress Worker => EvmAddresses.Of(People[1].Key.PublicKey);

    /// <summary>What was found wrong.</summary>
    public SortedSet<string> Violations { get; } = new(StringComparer.Ordinal);

    /// <summary>How often a node was found out, the status told a trouble, or the log something critical.</summary>
    public int Alarms { get; private set; }

    /// <summary>What the log called critical.</summary>
    public int Criticals => _log.Written.Count(line => line.Level == LogLevel.Critical);

    public int Blocks { get; private set; }

    /// <summary>The last settlement that the market has counted; null: none.</summary>
    public SettlementFile? Last { get; private set; }

    /// <summary>What accounts do on the chain until it is done: a reorganisation may undo it.</summary>
    public Func<Task>? Wish { get; set; }

    private ISettlementGrain Grain => _silo.Grains.GetGrain<ISettlementGrain>(MarketLimits.SettlementKey);

    public async Task Begin()
    {
        await _silo.Start();
        foreach (var (name, key) in People)
        {
            var (account, owner) = (IdOf(name), EvmAddresses.Of(key.PublicKey));
            var byAccount = Grains.Tests.Support.TestKeys.Of(name).Sign(AccountOwner.Digest(Bench.Domain, account, owner).ToArray());
            var byOwner = AccountOwner.Sign(Bench.Domain, account, key);
            await Grain.Bind(await CallerOf(name), owner, byAccount, byOwner);
        }
        await Grain.Follow(Authority.Silo);
    }

    /// <summary>The process is killed, and another one goes on with what is on the disk.</summary>
    public async Task CrashAndStart()
    {
        _silo.Kill();
        await _silo.Start();
        await Grain.Follow(Authority.Silo);
    }

    /// <summary>A block comes, the market makes a step, members sign; then what must always hold is checked.</summary>
    public async Task Block()
    {
        Blocks++;
        OutsideChain.Wait(async () =>
        {
            await (Wish?.Invoke() ?? Task.CompletedTask);
            await Bench.Mine();
            await RememberDeep();
        });
        // Nodes that were put aside are asked again, so that a liar lies as often as it can.
        _clock.Advance(RpcPolicy.AsideMax + TimeSpan.FromSeconds(1));
        await Task.Delay(StepTime, _silo.Time);
        await Sign();
        var settled = (await Status()).Settled;
        Last = settled == 0 ? null : await File(settled);
        await Check();
    }

    /// <returns>Whether it held within so many blocks.</returns>
    public async Task<bool> Until(Func<Task<bool>> holds, int blocks = 60)
    {
        for (; blocks > 0; blocks--)
        {
            if (await holds())
            {
                return true;
            }
            await Block();
        }
        return await holds();
    }

    public Task<SettlementStatus> Status() => Grain.GetStatus();

    public Task<LifetimeTotals> Books(string name) =>
        _silo.Grains.GetGrain<IAccountGrain>(IdOf(name).ToString()).GetTotals(Authority.Treasury);

    public async Task<AccountView> View(string name) => await _silo.Grains.GetGrain<IAccountGrain>(IdOf(name).ToString()).Get();

    public async Task<ChainAccount> Account(string name) => (await Grain.FindAccount(IdOf(name)))!;

    public async Task Pay(ulong amount)
    {
        var order = new TransferOrder($"pay {++_payments}", IdOf("worker"), new TokenAmount(amount), _silo.Time.GetUtcNow());
        await _silo.Grains.GetGrain<IAccountGrain>(IdOf("client").ToString()).Transfer(await CallerOf("client"), order);
    }

    /// <summary>What holds of an account's stored books.</summary>
    public async Task<IReadOnlyList<string>> AccountViolations(string name) =>
        [
            .. AccountInvariants
                .Violations(await SimulationInvariants.ReadAccount(_silo.Store, IdOf(name)))
                .Select(violation => $"{violation}"),
        ];

    /// <summary>What the chain itself says of the settlements, and what the market has told last.</summary>
    public async Task<string> Facts()
    {
        var head = await Bench.Chain.ReadHead(default);
        var counted = (await Bench.Chain.FindBlock(head.Number - (ulong)Terms.Confirmations, default))!.Value;
        var facts = new StringBuilder();
        foreach (var block in (ChainBlock[])[counted, head])
        {
            var books = await Bench.Chain.ReadBooks(block, default);
            var nonce = await Bench.Chain.ReadNonce(block, default);
            facts.Append(CultureInfo.InvariantCulture, $"Block {block.Number}: settlement {books.Last?.Number ?? 0}, nonce {nonce}. ");
        }
        facts.Append(CultureInfo.InvariantCulture, $"Events of settlements: {string.Join(' ', await Bench.SettledNumbers())}. Log: ");
        return facts.AppendJoin(" | ", _log.Written.TakeLast(LogTail).Select(line => line.Text)).ToString();
    }

    public async ValueTask DisposeAsync()
    {
        OutsideChain.Wait(async () =>
        {
            foreach (var node in Nodes)
            {
                await node.DisposeAsync();
            }
        });
        _invoker.Dispose();
        await _silo.DisposeAsync();
    }

    private LyingNode[] NewNodes(int count) =>
        [.. Enumerable.Range(0, count).Select(_ => new LyingNode(Bench.Node.Endpoint) { OnSent = Sent })];

    /// <summary>The books never have more of an address than the chain itself ever had of it in a block that was deep enough.</summary>
    private async Task Check()
    {
        var status = await Status();
        Alarms = _faults.Count + Criticals + _log.Written.Count(line => line.Text.Contains("waits (Chain)", StringComparison.Ordinal));
        Alarms += _log.Written.Count(line => IsToldByTheGrain(line.Text));
        foreach (var (name, key) in People)
        {
            var (account, owner) = (await Account(name), EvmAddresses.Of(key.PublicKey));
            var most = _deepest.GetValueOrDefault(owner);
            if (account.Booked > most)
            {
                Violations.Add($"the books of the {name} have {account.Booked} of its deposits; the chain never had more than {most}");
            }
        }
        var told = _log.Written.Select(line => line.Text).Concat(_faults).Append(status.Trouble ?? "");
        if (told.Any(text => text.Contains(ScriptedNode.Secret, StringComparison.Ordinal)))
        {
            Violations.Add("what is told of the trouble holds the secret of a node's URL");
        }
    }

    /// <summary>Waits that a lie alone brings about.</summary>
    private static bool IsToldByTheGrain(string text) =>
        ((string[])["waits (Behind)", "waits (Fee)", "waits (OtherContracts)", "waits (OtherBooks)"]).Any(kind =>
            text.Contains(kind, StringComparison.Ordinal)
        );

    private async Task RememberDeep()
    {
        var head = await Bench.Chain.ReadHead(default);
        var deep = (await Bench.Chain.FindBlock(head.Number - (ulong)Terms.Confirmations, default))!.Value;
        EvmAddress[] owners = [.. People.Select(one => EvmAddresses.Of(one.Key.PublicKey))];
        var balances = await Bench.Chain.ReadBalances(owners, deep, default);
        for (var index = 0; index < owners.Length; index++)
        {
            var deposited = balances[index].Deposited - balances[index].Withdrawn;
            var before = _deepest.GetValueOrDefault(owners[index]);
            _deepest[owners[index]] = deposited > before ? deposited : before;
        }
    }

    private async Task Sign()
    {
        if (await Grain.GetCollection() is not { } collection)
        {
            return;
        }
        var file = await File(collection.Request.Number);
        for (byte member = 1; member <= 4; member++)
        {
            var settlement = file.Settlement;
            if (settlement.Hash() != collection.Request.Hash || !collection.Missing.Contains(ChainBench.Worker(member)))
            {
                continue;
            }
            var subject = (member, settlement.Number, settlement.Epoch);
            if (!_votes.TryAdd(subject, settlement.Hash()) && _votes[subject] != settlement.Hash())
            {
                Violations.Add($"members are asked for two settlements {settlement.Number} in epoch {settlement.Epoch}");
                return;
            }
            var signature = ChainBench.Member(member).Sign(settlement.Digest(Bench.Domain).ToArray());
            var vote = new SettlementVote(settlement.Number, settlement.Epoch, signature.Bytes.ToArray());
            await Grain.Vote(ChainBench.Worker(member), vote, Authority.Market);
        }
    }

    private void Sent(SignedTransaction sent)
    {
        if (sent.Transaction.GasPrice > (BigInteger)Terms.FeeMax)
        {
            lock (Violations)
            {
                Violations.Add($"a transaction offers {sent.Transaction.GasPrice} wei for a unit of gas; allowed are {Terms.FeeMax}");
            }
        }
    }

    private async Task<SettlementFile> File(ulong number)
    {
        using var file = new MemoryStream();
        for (var part = 0; ; part++)
        {
            var bytes = await Grain.GetFile(number, part);
            if (bytes.IsEmpty)
            {
                return SettlementFile.Parse(file.ToArray());
            }
            file.Write(bytes.Span);
        }
    }

    private async Task<Caller> CallerOf(string name)
    {
        var account = IdOf(name);
        var created = await _silo
            .Grains.GetGrain<IAccountGrain>(account.ToString())
            .CreateKey(new GrainInterfaces.KeyRequest("verify", Scopes.Read | Scopes.Transfer, SpendLimit: null), null, Authority.Silo);
        return new Caller(account, created.View.Id, created.View.Scopes);
    }

    private static AccountId IdOf(string name) => new(Grains.Tests.Support.TestKeys.Of(name).PublicKey);

    /// <summary>What the client reports of the node that lies.</summary>
    private sealed class Hearing(ConcurrentQueue<string> faults, string liar) : IRpcObserver
    {
        public void Answered(string endpoint, string method, TimeSpan took) { }

        public void Faulted(RpcException fault, TimeSpan aside)
        {
            if (fault.Endpoint == liar)
            {
                faults.Enqueue(fault.Message);
            }
        }
    }

    private sealed class SceneLog : ILogger<SettlementGrain>
    {
        public List<(LogLevel Level, string Text)> Written { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        ) => Written.Add((logLevel, $"{formatter(state, exception)} {exception}"));
    }
}
