using System.Text;
using Marketplace.Crypto;
using Marketplace.Engine;
using Marketplace.Engine.Guests;
using Marketplace.Storage;

namespace Marketplace.Grains;

/// <summary>A program's manifest: written once, after its module was validated and is kept.</summary>
public sealed class ProgramGrain : Grain, IProgramGrain
{
    private readonly IModuleInspector _inspector;
    private readonly TimeProvider _clock;
    private readonly ProgramId _id;
    private readonly StoredDocument<ProgramView> _program;

    public ProgramGrain(IDocumentStore documents, IModuleInspector inspector, TimeProvider clock)
    {
        (_inspector, _clock) = (inspector, clock);
        _id = ProgramId.Parse(this.GetPrimaryKeyString());
        _program = new StoredDocument<ProgramView>(
            documents, new DocumentKey(ProgramSummary.Kind, _id.ToString()), ProgramCodec.Write, bytes => ProgramCodec.Read(bytes.Span));
    }

    public override async Task OnActivateAsync(CancellationToken cancellationToken) => await _program.Load();

    public async Task<ProgramView> Deploy(Caller caller, ProgramDeployment deployment)
    {
        Check(caller, deployment);
        await _program.Load();
        if (_program.Value is { } known)
            return known;
        var module = GrainFactory.GetGrain<IBlobGrain>(deployment.Module.ToString());
        if (await module.Find(caller.Account) is not { } blob)
            throw Refuse(ErrorCode.BlobNotFound, $"There is no blob {deployment.Module} of this account. Upload the module first.");
        if (blob.Size > EngineLimits.Default.ModuleBytesMax)
            throw Refuse(ErrorCode.LimitExceeded, $"The module has {blob.Size} bytes; allowed are {EngineLimits.Default.ModuleBytesMax}.");
        if (await _inspector.Inspect(deployment.Module, CancellationToken.None) is not { } found)
            throw Refuse(ErrorCode.BlobNotFound, $"The bytes of {deployment.Module} are not in the store. Upload the module again.");
        if (found.Info is not { } info)
            throw Refuse(ErrorCode.InvalidModule, found.Refusal!);
        if (info.EntryPoints.Count > ProgramPolicy.EntryPointsMax)
            throw Refuse(ErrorCode.LimitExceeded, $"The module has {info.EntryPoints.Count} entry points; allowed are {ProgramPolicy.EntryPointsMax}.");
        await LostWrites.Resend(() => module.KeepFor(_id));
        var program = new ProgramView(
            _id, deployment.Module, found.Size, deployment.Name, caller.Account, _clock.GetUtcNow(), AbiName(info.Abi),
            [.. info.EntryPoints], [.. info.Imports], info.UsesState);
        await _program.Write(program);
        return program;
    }

    public async Task<ProgramView> Get()
    {
        await _program.Load();
        if (_program.Value is null)
            await _program.Refresh();
        return _program.Value ?? throw Refuse(ErrorCode.ProgramNotFound, $"There is no program {_id}.");
    }

    private void Check(Caller caller, ProgramDeployment deployment)
    {
        if ((caller.Scopes & Scopes.Deploy) == 0)
            throw Refuse(ErrorCode.Forbidden, "The key does not have the scope 'deploy'.");
        if (deployment.Salt.Length > ProgramPolicy.SaltBytesMax)
            throw Refuse(ErrorCode.LimitExceeded, $"The salt has {deployment.Salt.Length} bytes; allowed are {ProgramPolicy.SaltBytesMax}.");
        var nameSize = Encoding.UTF8.GetByteCount(deployment.Name);
        if (nameSize is 0 or > MarketLimits.NameBytesMax)
            throw Refuse(ErrorCode.LimitExceeded, $"The program's name has {nameSize} bytes; allowed are 1 to {MarketLimits.NameBytesMax}.");
        var id = IdDerivation.Program(deployment.Module, deployment.Salt.Span);
        if (id != _id)
            throw Refuse(ErrorCode.MalformedRequest, $"Module and salt make the program {id}, not {_id}.");
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
