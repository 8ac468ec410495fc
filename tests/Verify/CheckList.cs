namespace Marketplace.Verify;

/// <summary>Checks by name, each with the line that the list of them shows.</summary>
internal sealed class CheckList : Dictionary<string, (string Help, Func<VerifyArguments, Task<VerifyResult>> Run)>
{
    public CheckList With(CheckList others)
    {
        foreach (var (name, check) in others)
        {
            Add(name, check);
        }
        return this;
    }
}
