"""Directories of other systems (WeCom, DingTalk, Feishu): their files and answers, read into one shape. Pure."""
