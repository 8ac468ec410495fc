using Marketplace.Cli.Commands;

namespace Marketplace.Cli.Tests;

/// <summary>A program chooses the names of its files; none of them leads out of the folder that the user named.</summary>
public sealed class OutputFilesTests
{
    private static readonly string Folder = Path.Combine(Path.GetTempPath(), "results");

    [Theory]
    [InlineData("a")]
    [InlineData("a/b/c.txt")]
    [InlineData("..a")]
    public void Name_IsAPathInTheFolder(string name) =>
        Assert.Equal(Path.Combine(Folder, Path.Combine(name.Split('/'))), OutputFiles.PathOf(Folder, name));

    [Theory]
    [InlineData("../a")]
    [InlineData("a/../../b")]
    [InlineData("/etc/passwd")]
    [InlineData("..")]
    [InlineData(".")]
    [InlineData("")]
    [InlineData("../results2/a")]
    public void NameThatLeadsOut_IsRefused(string name) =>
        Assert.Equal(ExitCodes.LocalFile, Assert.Throws<CommandException>(() => OutputFiles.PathOf(Folder, name)).Failure.ExitCode);
}
