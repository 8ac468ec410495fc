using System.Text;
using Marketplace.Crypto;
using Marketplace.Engine;
using Marketplace.Engine.Guests;
using Marketplace.Storage;

namespace Marketplace.Grains;

/// <summary>
/// A program's manifest: written after its module was validated, counted and kept, and deleted after the last deployer has removed it. A removal
/// marks the manifest first, so that no new job finds it, then gives back in the order opposite to the deployment; each step of both can be
/// repeated, and repeating the call makes whole what a crash left.
/// </summary>
public sealed class ProgramGrain : Grain, IProgramGrain
{
    private readonly IModuleInspector _inspector;
    private readonly IOpenJobs _jobs;
    private readonly TimeProvider _clock;
    private readonly ProgramId _id;
    private readonly StoredDocument<DeployedState> _program;

    public ProgramGrain(IDocumentStore documents, IModuleInspector inspector, IOpenJobs jobs, TimeProvider clock)
    {
        (_inspector, _jobs, _clock) = (inspector, jobs, clock);
        _id = ProgramId.Parse(this.GetPrimaryKeyString());
        _program = new StoredDocument<DeployedState>(
            documents, new DocumentKey(ProgramSummary.Kind, _id.ToString()), ProgramCodec.Write, bytes => ProgramCodec.Read(bytes.Span));
    }

    public override async Task OnActivateAsync(CancellationToken cancellationToken) => await _program.Load();

    public async Task<ProgramView> Deploy(Caller caller, ProgramDeployment deployment)
    {
        Check(caller, deployment);
        await _program.Refresh();
        var module = GrainFactory.GetGrain<IBlobGrain>(deployment.Module.ToString());
        if (_program.Value is not { IsRemoved: false } known)
            return await DeployNew(caller, deployment, module);
        // A deployment that was cut short may have left the module unkept.
        await LostWrites.Resend(() => module.KeepFor(_id));
        if (known.Deployers.Contains(caller.Account) || known.Deployers.Length >= ProgramPolicy.DeployersMax)
            return known.View;
        await Count(caller, known.View.Module, known.View.ModuleSize);
        await _program.Write(known with { Deployers = known.Deployers.Add(caller.Account) });
        return known.View;
    }

    public async Task Remove(Caller caller)
    {
        RequireScope(caller);
        await _program.Refresh();
        var isDeployer = _program.Value is { } known && known.Deployers.Contains(caller.Account);
        if (isDeployer && _program.Value!.Deployers.Length > 1)
        {
            var others = _program.Value.Deployers.Remove(caller.Account);
            await _program.Write(_program.Value with { Deployers = others, View = _program.Value.View with { Deployer = others[0] } });
        }
        else if (isDeployer)
        {
            await Undeploy(_program.Value!);
        }

        await LostWrites.Resend(() => AccountOf(caller).DiscountModule(_id));
        if (!isDeployer)
            throw Refuse(ErrorCode.ProgramNotFound, $"This account has not deployed a program {_id}.");
        if (_program.Value is { IsRemoved: true })
            await _program.Delete();
    }

    public async Task<ProgramView> Get()
    {
        await _program.Load();
        if (_program.Value is not { IsRemoved: false })
            await _program.Refresh();
        return _program.Value is { IsRemoved: false } known ? known.View : throw Refuse(ErrorCode.ProgramNotFound, $"There is no program {_id}.");
    }

    private async Task<ProgramView> DeployNew(Caller caller, ProgramDeployment deployment, IBlobGrain module)
    {
        if (await module.Find(caller.Account) is not { } blob)
            throw Refuse(ErrorCode.BlobNotFound, $"There is no blob {deployment.Module} of this account. Upload the module first.");
        if (blob.Size > EngineLimits.Default.ModuleBytesMax)
            throw Refuse(ErrorCode.LimitExceeded, $"The module has {blob.Size} bytes; allowed are {EngineLimits.Default.ModuleBytesMax}.");
        if (await _inspector.Inspect(deployment.Module, CancellationToken.None) is not { } found)
            throw Refuse(ErrorCode.BlobNotFound, $"The bytes of {deployment.Module} are not in the store. Upload the module again.");
        if (found.Info is not { } info)
            throw Refuse(ErrorCode.InvalidModule, found.Refusal!);
        await Count(caller, deployment.Module, found.Size);
        await LostWrites.Resend(() => module.KeepFor(_id));
        var program = new ProgramView(
            _id, deployment.Module, found.Size, deployment.Name, caller.Account, _clock.GetUtcNow(), AbiName(info.Abi),
            [.. info.EntryPoints], [.. info.Imports], info.UsesState);
        await _program.Write(new DeployedState(program, [caller.Account], IsRemoved: false));
        return program;
    }

    private async Task Undeploy(DeployedState program)
    {
        if (!program.IsRemoved)
        {
            var open = await _jobs.Count(_id, ProgramPolicy.OpenJobsCounted, CancellationToken.None);
            if (open > 0)
                throw InUse(open);
            await _program.Write(program with { IsRemoved = true });
        }

        await LostWrites.Resend(() => GrainFactory.GetGrain<IBlobGrain>(program.View.Module.ToString()).ReleaseFor(_id));
    }

    private async Task Count(Caller caller, BlobId module, long size) =>
        await LostWrites.Resend(() => AccountOf(caller).CountModule(_id, module, size));

    private IAccountGrain AccountOf(Caller caller) => GrainFactory.GetGrain<IAccountGrain>(caller.Account.ToString());

    private MarketException InUse(int open)
    {
        var count = open < ProgramPolicy.OpenJobsCounted ? $"{open}" : $"{open} or more";
        return new MarketException(ErrorCode.ProgramInUse,
            $"Program {_id} has {count} open {(open == 1 ? "job" : "jobs")}, of this account or of others. Wait until they have ended, or cancel yours; "
            + "then remove it again.");
    }

    private void Check(Caller caller, ProgramDeployment deployment)
    {
        RequireScope(caller);
        if (deployment.Salt.Length > ProgramPolicy.SaltBytesMax)
            throw Refuse(ErrorCode.LimitExceeded, $"The salt has {deployment.Salt.Length} bytes; allowed are {ProgramPolicy.SaltBytesMax}.");
        var nameSize = Encoding.UTF8.GetByteCount(deployment.Name);
        if (nameSize is 0 or > MarketLimits.NameBytesMax)
            throw Refuse(ErrorCode.LimitExceeded, $"The program's name has {nameSize} bytes; allowed are 1 to {MarketLimits.NameBytesMax}.");
        var id = IdDerivation.Program(deployment.Module, deployment.Salt.Span);
        if (id != _id)
            throw Refuse(ErrorCode.MalformedRequest, $"Module and salt make the program {id}, not {_id}.");
    }

    private void RequireScope(Caller caller)
    {
        if ((caller.Scopes & Scopes.Deploy) == 0)
            throw Refuse(ErrorCode.Forbidden, "The key does not have the scope 'deploy'.");
    }

    /// <summary>The refusal; an absent program's activation goes with it.</summary>
    private MarketException Refuse(ErrorCode code, string message)
    {
        if (_program.Value is null)
            DeactivateOnIdle();
        return new MarketException(code, message);
    }

    private static string AbiName(GuestAbi abi) => abi switch
    {
        GuestAbi.WasiCommand => "wasi_command",
        GuestAbi.Onvm => "onvm",
        _ => throw new InvalidOperationException($"This is a bug in the program's grain: it does not know the ABI {abi}."),
    };
}
