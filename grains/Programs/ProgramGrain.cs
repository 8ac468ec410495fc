using System.Text;
using Marketplace.Crypto;
using Marketplace.Engine;
using Marketplace.Engine.Guests;
using Marketplace.GrainInterfaces;
using Microsoft.Extensions.Logging;

namespace Marketplace.Grains;

/// <summary>
/// A program's manifest: written after its module was validated, counted and kept, and deleted after the last deployer has removed it. A
/// removal first marks the manifest, so that no new job finds the program, and then releases the module, which its blob keeps and counts
/// until no job needs it. Each step of both can be repeated; repeating the call completes what a crash cut off.
/// </summary>
internal sealed partial class ProgramGrain : Grain, IProgramGrain, IRemindable
{
    private readonly IModuleInspector _inspector;
    private readonly IOpenJobs _jobs;
    private readonly TimeProvider _clock;
    private readonly ILogger<ProgramGrain> _logger;
    private readonly ProgramId _id;
    private readonly StoredState<DeployedState> _program;

    public ProgramGrain(
        [PersistentState(ProgramCodec.Kind, StateStorage.Documents)] IPersistentState<DeployedState> program,
        IModuleInspector inspector,
        IOpenJobs jobs,
        TimeProvider clock,
        ILogger<ProgramGrain> logger
    )
    {
        (_inspector, _jobs, _clock, _logger) = (inspector, jobs, clock, logger);
        _id = ProgramId.Parse(this.GetPrimaryKeyString());
        _program = new StoredState<DeployedState>(program);
    }

    public override async Task OnActivateAsync(CancellationToken cancellationToken) => await _program.Load();

    public async Task<ProgramView> Deploy(Caller caller, ProgramDeployment deployment)
    {
        Check(caller, deployment);
        await _program.Refresh();
        var module = GrainFactory.GetGrain<IBlobGrain>(deployment.Module.ToString());
        if (_program.Value is not { IsRemoved: false } known)
        {
            return await DeployNew(caller, deployment, module);
        }
        var isKnown = known.Deployers.Contains(caller.Account);
        if (!isKnown && known.Deployers.Length >= ProgramPolicy.DeployersMax)
        {
            return known.View;
        }
        if (!isKnown && await module.Find(caller.Account) is null)
        {
            // The id and the module's hash stand in receipts: who only knows them has not deployed the program, and must not see its state.
            throw NoModule(deployment.Module);
        }
        // Also for a known deployer: a deployment that was cut off, or another activation, may have left the module unkept or uncounted.
        await Keep(module, caller);
        if (!isKnown)
        {
            var deployed = LedgerChanges.ProgramDeployed(known.View, caller.Account, _clock.GetUtcNow());
            await WriteAndTell(known with { Deployers = known.Deployers.Add(caller.Account) }, caller.Account, deployed);
        }
        return known.View;
    }

    public async Task Remove(Caller caller)
    {
        Authorities.Require(caller, Scopes.Deploy);
        await _program.Refresh();
        switch (_program.Value)
        {
            case null:
                await ReleaseUnwritten(caller);
                break;
            case { } known when !known.Deployers.Contains(caller.Account):
                await Discount(caller);
                break;
            case { Deployers.Length: 1 } known:
                await Undeploy(known, caller);
                return;
            case { } known:
                var others = known.Deployers.Remove(caller.Account);
                var removed = LedgerChanges.ProgramRemoved(_id, caller.Account, _clock.GetUtcNow());
                var rest = known with { Deployers = others, View = known.View with { Deployer = others[0] } };
                await WriteAndTell(rest, caller.Account, removed);
                await Discount(caller);
                return;
        }

        throw Refuse(ErrorCode.ProgramNotFound, $"This account has not deployed a program {_id}.");
    }

    public async Task<ProgramView> Get()
    {
        await _program.Load();
        if (_program.Value is not { IsRemoved: false })
        {
            await _program.Refresh();
        }
        return _program.Value is { IsRemoved: false } known
            ? known.View
            : throw Refuse(ErrorCode.ProgramNotFound, $"There is no program {_id}.");
    }

    public async Task<bool> IsDeployedBy(AccountId account)
    {
        await _program.Load();
        if (!IsKnown())
        {
            await _program.Refresh();
        }
        return IsKnown();

        bool IsKnown() => _program.Value is { IsRemoved: false } known && known.Deployers.Contains(account);
    }

    private MarketException NoModule(BlobId module) =>
        Refuse(ErrorCode.BlobNotFound, $"There is no blob {module} of this account. Upload the module first.");

    private async Task<ProgramView> DeployNew(Caller caller, ProgramDeployment deployment, IBlobGrain module)
    {
        if (await module.Find(caller.Account) is not { } blob)
        {
            throw NoModule(deployment.Module);
        }
        if (blob.Size > EngineLimits.Default.ModuleBytesMax)
        {
            throw Refuse(ErrorCode.LimitExceeded, $"The module has {blob.Size} bytes; allowed are {EngineLimits.Default.ModuleBytesMax}.");
        }
        if (await _inspector.Inspect(deployment.Module, CancellationToken.None) is not { } found)
        {
            throw Refuse(ErrorCode.BlobNotFound, $"The bytes of {deployment.Module} are not in the store. Upload the module again.");
        }
        if (found.Info is not { } info)
        {
            throw Refuse(ErrorCode.InvalidModule, found.Refusal!);
        }
        await Keep(module, caller);
        var program = new ProgramView(
            Id: _id,
            Module: deployment.Module,
            ModuleSize: found.Size,
            Name: deployment.Name,
            Deployer: caller.Account,
            DeployedAt: _clock.GetUtcNow(),
            Abi: AbiName(info.Abi),
            EntryPoints: [.. info.EntryPoints],
            Imports: [.. info.Imports],
            UsesState: info.UsesState,
            Nondeterminism: GuestDeterminism.ReasonAgainst(info.Imports)
        );
        var state = new DeployedState(program, [caller.Account], IsRemoved: false) { Untold = _program.Value?.Untold ?? [] };
        await WriteAndTell(state, caller.Account, LedgerChanges.ProgramDeployed(program, caller.Account, program.DeployedAt));
        // Another activation may have completed its removal in between and released the module.
        await Keep(module, caller);
        return program;
    }

    /// <summary>
    /// Only the deployer's own jobs prevent the removal. Jobs of others only keep the module, so no stranger can prevent the removal.
    /// </summary>
    private async Task Undeploy(DeployedState program, Caller caller)
    {
        if (!program.IsRemoved)
        {
            var open = await _jobs.Count(_id, caller.Account, ProgramPolicy.OpenJobsCounted, CancellationToken.None);
            if (open > 0)
            {
                throw InUse(open);
            }
            await WriteAndTell(
                program with
                {
                    IsRemoved = true,
                },
                caller.Account,
                LedgerChanges.ProgramRemoved(_id, caller.Account, _clock.GetUtcNow())
            );
        }

        await CompleteRemoval(caller.Account);
    }

    /// <summary>The document goes last: it has what ledgers may not have heard of.</summary>
    private async Task CompleteRemoval(AccountId account)
    {
        if (_program.Value is not { IsRemoved: true } removed)
        {
            // Another activation has completed it, or the program was deployed again.
            return;
        }
        await Release(removed.View.Module, account);
        if (removed.Untold.IsEmpty)
        {
            await _program.Delete();
        }
    }

    /// <summary>
    /// The undo of a deployment that was cut off before the manifest was written: only the account knows which module it counted.
    /// </summary>
    private async Task ReleaseUnwritten(Caller caller)
    {
        if (await QuotaOf(caller).FindModule(_id) is { } module)
        {
            await Release(module, caller.Account);
        }
    }

    private async Task Keep(IBlobGrain module, Caller caller) =>
        await LostWrites.Resend(() => module.KeepFor(_id, caller.Account, Authority.Program));

    private async Task Release(BlobId module, AccountId account) =>
        await LostWrites.Resend(() => GrainFactory.GetGrain<IBlobGrain>(module.ToString()).ReleaseFor(_id, account, Authority.Program));

    private async Task Discount(Caller caller) => await LostWrites.Resend(() => QuotaOf(caller).DiscountModule(_id, Authority.Program));

    private IStorageQuotaGrain QuotaOf(Caller caller) => GrainFactory.GetGrain<IStorageQuotaGrain>(caller.Account.ToString());

    private MarketException InUse(int open)
    {
        var count = open < ProgramPolicy.OpenJobsCounted ? $"{open}" : $"{open} or more";
        return new MarketException(
            ErrorCode.ProgramInUse,
            $"Program {_id} has {count} open {(open == 1 ? "job" : "jobs")} of this account. Wait until they have ended, or cancel them; "
                + "then remove it again."
        );
    }

    private void Check(Caller caller, ProgramDeployment deployment)
    {
        Authorities.Require(caller, Scopes.Deploy);
        if (deployment.Salt.Length > ProgramLimits.SaltBytesMax)
        {
            throw Refuse(
                ErrorCode.LimitExceeded,
                $"The salt has {deployment.Salt.Length} bytes; allowed are {ProgramLimits.SaltBytesMax}."
            );
        }
        var nameSize = Encoding.UTF8.GetByteCount(deployment.Name);
        if (nameSize is 0 or > MarketLimits.NameBytesMax)
        {
            throw Refuse(
                ErrorCode.LimitExceeded,
                $"The program's name has {nameSize} bytes; allowed are 1 to {MarketLimits.NameBytesMax}."
            );
        }
        var id = IdDerivation.Program(deployment.Module, deployment.Salt.Span);
        if (id != _id)
        {
            throw Refuse(ErrorCode.MalformedRequest, $"Module and salt make the program {id}, not {_id}.");
        }
    }

    /// <summary>The refusal; an absent program's activation goes with it.</summary>
    private MarketException Refuse(ErrorCode code, string message)
    {
        if (_program.Value is null)
        {
            DeactivateOnIdle();
        }
        return new MarketException(code, message);
    }

    private static string AbiName(GuestAbi abi) =>
        abi switch
        {
            GuestAbi.WasiCommand => "wasi_command",
            GuestAbi.Onvm => "onvm",
            _ => throw new InvalidOperationException($"This is a bug in the program's grain: it does not know the ABI {abi}."),
        };
}
