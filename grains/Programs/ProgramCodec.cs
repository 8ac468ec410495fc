using System.Collections.Immutable;
using Marketplace.Engine.Guests;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>A program and who has deployed it.</summary>
/// <param name="View">The manifest; its deployer is the first of <paramref name="Deployers"/>.</param>
/// <param name="Deployers">In the order in which they deployed it: the program stays until each of them has removed it.</param>
/// <param name="IsRemoved">The last deployer has removed it, and what it kept is being given back.</param>
internal sealed record DeployedState(ProgramView View, ImmutableArray<AccountId> Deployers, bool IsRemoved)
{
    /// <summary>What ledgers of accounts may not have heard of yet, oldest first.</summary>
    public ImmutableArray<UntoldDeployment> Untold { get; init; } = [];
}

/// <param name="Account">In whose ledger it stands.</param>
/// <param name="Change">That the account has deployed the program, or removed it.</param>
internal sealed record UntoldDeployment(AccountId Account, LedgerChange Change);

/// <summary>The stored form of a program.</summary>
internal static class ProgramCodec
{
    /// <summary>The kind of the documents and of their rows.</summary>
    public const string Kind = "program";

    /// <summary>
    /// Version 1 has one deployer and no mark of removal. A program that fits it is written in it, because earlier silos can read that.
    /// </summary>
    private const byte FormatWithOneDeployer = 1;
    private const byte Format = 2;

    /// <summary>Only until the ledgers have been told.</summary>
    private const byte FormatWithUntold = 3;

    public static ReadOnlyMemory<byte> Write(DeployedState deployed)
    {
        var program = deployed.View;
        var isUntold = !deployed.Untold.IsEmpty;
        var hasOneDeployer = !isUntold && !deployed.IsRemoved && deployed.Deployers is [var only] && only == program.Deployer;
        var writer = new CompactWriter(512);
        writer.Byte(
            isUntold ? FormatWithUntold
            : hasOneDeployer ? FormatWithOneDeployer
            : Format
        );
        writer.Id(program.Id.Value);
        writer.Id(program.Module.Value);
        writer.Signed(program.ModuleSize);
        writer.Text(program.Name);
        writer.Id(program.Deployer.Value);
        writer.Time(program.DeployedAt);
        writer.Text(program.Abi);
        WriteTexts(writer, program.EntryPoints);
        WriteTexts(writer, program.Imports);
        writer.Flag(program.UsesState);
        if (hasOneDeployer)
        {
            return writer.Finish();
        }
        writer.Count(deployed.Deployers.Length);
        foreach (var deployer in deployed.Deployers)
        {
            writer.Id(deployer.Value);
        }
        writer.Flag(deployed.IsRemoved);
        if (isUntold)
        {
            writer.Count(deployed.Untold.Length);
            foreach (var untold in deployed.Untold)
            {
                writer.Id(untold.Account.Value);
            }
            LedgerTelling.Write(writer, [.. deployed.Untold.Select(untold => untold.Change)]);
        }
        return writer.Finish();
    }

    public static DeployedState Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new CompactReader(bytes);
        var format = reader.Version(FormatWithOneDeployer, FormatWithUntold, "A program");
        var isOld = format == FormatWithOneDeployer;
        var view = new ProgramView(
            Id: new ProgramId(reader.Id()),
            Module: new BlobId(reader.Id()),
            ModuleSize: reader.Signed(),
            Name: reader.Text(),
            Deployer: new AccountId(reader.Id()),
            DeployedAt: reader.Time(),
            Abi: reader.Text(),
            EntryPoints: ReadTexts(ref reader),
            Imports: ReadTexts(ref reader),
            UsesState: reader.Flag()
        );
        // Follows from the imports, so no document needs to be written anew for it.
        var program = view with
        {
            Nondeterminism = GuestDeterminism.ReasonAgainst(view.Imports),
        };
        var deployers = isOld ? [program.Deployer] : ReadAccounts(ref reader);
        var deployed = new DeployedState(program, deployers, !isOld && reader.Flag())
        {
            Untold = format == FormatWithUntold ? ReadUntold(ref reader) : [],
        };
        reader.End();
        return deployed;
    }

    private static ImmutableArray<UntoldDeployment> ReadUntold(ref CompactReader reader)
    {
        var accounts = ReadAccounts(ref reader);
        var changes = LedgerTelling.Read(ref reader);
        return accounts.Length == changes.Length
            ? [.. accounts.Zip(changes, (account, change) => new UntoldDeployment(account, change))]
            : throw new InvalidDataException($"Stored bytes are damaged: {changes.Length} changes of {accounts.Length} accounts.");
    }

    private static ImmutableArray<AccountId> ReadAccounts(ref CompactReader reader)
    {
        var accounts = new AccountId[reader.Items(itemSizeMin: 32)];
        for (var index = 0; index < accounts.Length; index++)
        {
            accounts[index] = new AccountId(reader.Id());
        }
        return ImmutableArray.Create(accounts);
    }

    private static void WriteTexts(CompactWriter writer, ImmutableArray<string> texts)
    {
        writer.Count(texts.Length);
        foreach (var text in texts)
        {
            writer.Text(text);
        }
    }

    private static ImmutableArray<string> ReadTexts(ref CompactReader reader)
    {
        var texts = new string[reader.Items()];
        for (var index = 0; index < texts.Length; index++)
        {
            texts[index] = reader.Text();
        }
        return ImmutableArray.Create(texts);
    }
}
