namespace TinyKv.Tests.Clusters;

/// <summary>What a real bash completes with the script that the program prints.</summary>
[Trait("lane", "slow")]
public sealed class CompletionTests
{
    [Theory]
    [InlineData("tinykv sta", "status")]
    [InlineData("tinykv raw batch-", "batch-delete batch-get batch-put")]
    [InlineData("tinykv scan --li", "--limit")]
    [InlineData("tinykv get k --format ", "json table tsv")]
    [InlineData("tk playground --journal r", "rocksdb")]
    [InlineData("tinykv completion z", "zsh")]
    public async Task Bash_completes_commands_options_and_values(string line, string expected)
    {
        var (_, output, error) = await Shell.RunAsync(
            """
            exec bash -c '
                eval "$("${@:2}")"
                COMP_LINE=$1 COMP_POINT=${#1}
                read -ra COMP_WORDS <<< "$1"
                [[ $1 == *" " ]] && COMP_WORDS+=("")
                COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
                _tinykv
                printf "%s\n" "${COMPREPLY[@]}" | sort' bash "$LINE" "$@"
            """, new() { ["LINE"] = line }, "completion", "bash");

        Assert.Equal(("", expected), (error, string.Join(' ', output.Split('\n', StringSplitOptions.RemoveEmptyEntries))));
    }

    [Theory]
    [InlineData("zsh")]
    [InlineData("fish")]
    [InlineData("pwsh")]
    public async Task The_scripts_for_other_shells_call_this_program(string shell)
    {
        var (_, output, error) = await Shell.RunAsync("""exec "$@" """, [], "completion", shell);

        Assert.Empty(error);
        Assert.Contains("[suggest:", output);
        Assert.Contains("tinykv", output);
        Assert.DoesNotContain("@PROGRAM@", output);
    }
}
